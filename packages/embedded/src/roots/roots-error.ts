import { statfsSync } from 'node:fs'
import { type EnvironmentError, environmentError } from '@orchestrate/core'
import { DiskError } from '@orchestrate/store'
import type { ArchiveFault } from './archive-fault.ts'
import { showName } from './binary-text.ts'
import { LayerError, type LayerSource } from './unpack-layers.ts'

/**
 * What an error of an unpacking means for the user; null for one that only a programmer can mend.
 *
 * @param context.directory where roots are kept
 * @param context.layers of the root that was unpacked
 */
export function rootsError(
  error: unknown,
  context: { readonly directory: string; readonly layers: readonly LayerSource[]; readonly signal: AbortSignal },
): EnvironmentError | null {
  if (error instanceof LayerError) return layerError(error, context.layers.length)
  if (error instanceof DiskError) return diskError(error, context)
  if (!context.signal.aborted) return null
  return environmentError({ id: 'embedded/cancelled', message: 'the run was stopped before a root file system was unpacked' })
}

function layerError(error: LayerError, layers: number): EnvironmentError {
  const layer = `layer ${error.number} of ${layers} of a root file system (${error.diffId})`
  if (error.fault === 'changed')
    return environmentError({
      kind: 'integrity',
      id: 'embedded/layer-changed',
      message: `${layer} has another content than it should have`,
      help: 'run the command again: what the store has lost is made or fetched anew',
    })
  if (error.fault === 'unreadable')
    return environmentError({
      id: 'embedded/layer-unreadable',
      message: `${layer} cannot be read`,
      details: [error.message],
      help: 'run the command again: what the store has lost is made or fetched anew',
    })
  return archiveError(error.fault, layer)
}

function archiveError({ kind, entry, message }: ArchiveFault, layer: string): EnvironmentError {
  const named = entry === null ? '' : `entry ${showName(entry)} of `
  if (kind === 'malformed')
    return environmentError({
      id: 'embedded/malformed-archive',
      message: `${named}${layer} is not in a form that can be unpacked: ${message}`,
      help: 'make the archive again with another tool',
    })
  return environmentError({
    kind: 'integrity',
    id: 'embedded/hostile-archive',
    message: `${named}${layer} is refused: ${message}`,
    help: 'do not use the archive before you know who made it so; nothing of it was kept',
  })
}

function diskError(
  error: DiskError,
  { directory, layers }: { readonly directory: string; readonly layers: readonly LayerSource[] },
): EnvironmentError {
  const at = error.path ?? directory
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return environmentError({
        id: 'embedded/disk-full',
        message: `a root file system of ${sizeOf(layers)} bytes does not fit at "${directory}": ${error.code}, ${freeSpace(directory)}`,
        help: 'free space there, or set ORCHESTRATE_STORE to a directory on a larger disk',
      })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return environmentError({
        id: 'embedded/not-writable',
        message: `a root file system cannot be unpacked at "${directory}": ${error.code} at "${at}"`,
        help: 'make the directory belong to you, or set ORCHESTRATE_STORE to a directory of your own',
      })
    default:
      return environmentError({
        id: 'embedded/unpack-failed',
        message: `a root file system cannot be unpacked at "${directory}": ${error.code} at "${at}"`,
        details: [error.message],
        help: 'check the disk and its file system',
      })
  }
}

const sizeOf = (layers: readonly LayerSource[]): number => layers.reduce((sum, { size }) => sum + size, 0)

function freeSpace(directory: string): string {
  try {
    const { bavail, bsize, ffree } = statfsSync(directory)
    return `${bavail * bsize} bytes and ${ffree} files free`
  } catch (error) {
    return `free space unknown (${error instanceof Error ? error.message : String(error)})`
  }
}
