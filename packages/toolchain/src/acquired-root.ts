import type { EnvironmentError, Platform, Result } from '@orchestrate/core'
import type { EngineImage } from '@orchestrate/execute'
import type { StoredBlob } from '@orchestrate/store'
import type { LockedSource, RootDescription } from './toolchain.ts'

/** A root file system as it was made or found, before it is compared with builder.lock. */
export interface AcquiredRoot {
  readonly root: RootDescription
  /** Bytes. */
  readonly size: number
  readonly source: LockedSource
  /** Its tars in the store, lowest first; null while only an engine holds it. */
  readonly layers: readonly StoredBlob[] | null
  /** Set when an engine holds it. */
  readonly image: EngineImage | null
}

export type Acquisition = Result<AcquiredRoot, EnvironmentError>

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A root that is one tar and comes with no process defaults of its own but a PATH. */
export function singleLayerRoot(layer: StoredBlob, platform: Platform): Pick<AcquiredRoot, 'root' | 'size' | 'layers' | 'image'> {
  return {
    root: { diffIds: [layer.digest], env: new Map([['PATH', DEFAULT_PATH]]), user: null, workdir: null, platform },
    size: layer.size,
    layers: [layer],
    image: null,
  }
}
