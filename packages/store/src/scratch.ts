import type { EnvironmentError, Result } from '@orchestrate/core'
import type { ShelfDeps } from './blob-shelf.ts'
import { DiskError } from './disk.ts'
import { removeTree } from './remove-tree.ts'
import { attempt } from './storage-error.ts'
import type { Scratch } from './store.ts'

/** A new empty directory of mode 0700 in the run's temporary directory. What refuses to go on dispose is swept with it. */
export function makeScratch(deps: Pick<ShelfDeps, 'root' | 'disk' | 'run' | 'breath'>): Promise<Result<Scratch, EnvironmentError>> {
  return attempt(deps.root, () => {
    const path = deps.run.next('scratch')
    deps.disk.makeDirectory(path, 0o700)
    return { path, [Symbol.asyncDispose]: () => removeQuietly(() => removeTree(path, deps.breath)) }
  })
}

/** Temporary files that the disk does not let go are left to the next sweep. */
export async function removeQuietly(remove: () => Promise<void>): Promise<void> {
  try {
    await remove()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  }
}
