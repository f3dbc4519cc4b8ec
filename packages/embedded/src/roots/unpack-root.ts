import type { Clock, Digest } from '@orchestrate/core'
import { DiskError } from '@orchestrate/store'
import { provideMountPoints } from './mount-points.ts'
import { measureRoot, writeState } from './root-state.ts'
import { RootWriter } from './root-writer.ts'
import type { RootsDisk } from './roots-disk.ts'
import { type LayerSource, unpackLayers } from './unpack-layers.ts'

export interface RootRequest {
  readonly identity: Digest
  readonly purpose: 'builder' | 'image'
  /** Lowest first. */
  readonly layers: readonly LayerSource[]
  /** Absolute paths inside that must be directories. */
  readonly mountPoints: readonly string[]
}

export interface UnpackOptions {
  readonly owners: 'kept' | 'dropped'
  readonly progress: (message: string) => void
  readonly clock: Clock
  readonly find: string | null
  readonly signal: AbortSignal
}

/**
 * Unpacks a root file system beside its place and puts it there when it is complete. Whatever ends it early leaves nothing;
 * a process that is killed leaves what the next sweep removes.
 *
 * @throws LayerError, DiskError, and the signal's reason when it aborts
 */
export async function unpackRoot(request: RootRequest, disk: RootsDisk, options: UnpackOptions): Promise<void> {
  const begun = disk.begin()
  const writer = new RootWriter(begun.root, options.owners)
  try {
    await unpackLayers(request.layers, writer, { onBytes: reportBytes(request, options), signal: options.signal })
    provideMountPoints(writer, request.purpose, request.mountPoints)
    writer.finish()
    writeState(begun.state, await measureRoot(begun.root, options.find))
    if (writer.skipped > 0) options.progress(`${writer.skipped} device nodes and pipes of the root file system were left out`)
    await disk.keep(begun.path, request.identity)
  } catch (error) {
    writer.abandon()
    await removeBegun(disk, begun.path)
    throw error
  }
}

/** The error that ended the unpacking counts, not what refuses to go: the next sweep sees to it. */
async function removeBegun(disk: RootsDisk, path: string): Promise<void> {
  try {
    await disk.abandon(path)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  }
}

const EVERY_MS = 1000

/** One line a second. */
function reportBytes({ layers }: RootRequest, { clock, progress }: UnpackOptions): (bytes: number) => void {
  const total = layers.reduce((sum, { size }) => sum + size, 0)
  let read = 0
  let saidAt = clock.monotonic()
  return (bytes) => {
    read += bytes
    if (clock.monotonic() - saidAt < EVERY_MS) return
    saidAt = clock.monotonic()
    progress(`unpacking the root file system: ${megabytes(read)} of ${megabytes(total)} MB`)
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)
