import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import {
  createDigester,
  type Digester,
  type EnvironmentError,
  environmentError,
  err,
  ok,
  type Platform,
  type Result,
} from '@orchestrate/core'
import type { Store, StoredBlob } from '@orchestrate/store'
import { type Acquisition, singleLayerRoot } from '../acquired-root.ts'
import { gunzip } from './gunzip.ts'
import { TarError, tarMembers } from './tar-members.ts'

export interface RootfsRequest {
  readonly name: string
  /** Absolute path of the workspace. */
  readonly workspace: string
  /** The archive, relative to it. */
  readonly path: string
  readonly platform: Platform
}

/** Takes a tar of the work tree, plain or gzip, into the store. */
export async function importRootfs(request: RootfsRequest, store: Store, signal: AbortSignal): Promise<Acquisition> {
  const archive = createDigester()
  const stored = await storeTar(request, store, archive, signal)
  if (!stored.ok) return stored
  const file = await store.blobs.file(stored.value.digest, false)
  if (!file.ok) return file
  const unreadable = tarFault(file.value)
  if (unreadable !== null) return err(archiveError(request, `is not a tar archive: ${unreadable}`))
  return ok({
    ...singleLayerRoot(stored.value, request.platform),
    source: { kind: 'rootfs', path: request.path, archive: archive.digest() },
  })
}

async function storeTar(
  request: RootfsRequest,
  store: Store,
  archive: Digester,
  signal: AbortSignal,
): Promise<Result<StoredBlob, EnvironmentError>> {
  try {
    const root = await realpath(request.workspace)
    const file = await realpath(join(root, request.path))
    if (!file.startsWith(root + sep)) return err(archiveError(request, 'leads out of the workspace'))
    const compression = compressionOf(file)
    if (compression !== null && compression !== 'gzip') return err(archiveError(request, `is compressed with ${compression}`))
    return await store.blobs.put(tarIn(file, { compressed: compression !== null, archive, signal }))
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    return err(archiveError(request, `cannot be read: ${error.message}`))
  }
}

interface Reading {
  readonly compressed: boolean
  /** Takes the bytes of the archive as they are in the file. */
  readonly archive: Digester
  readonly signal: AbortSignal
}

async function* tarIn(file: string, { compressed, archive, signal }: Reading): AsyncGenerator<Uint8Array> {
  const bytes = createReadStream(file, { signal, highWaterMark: 1024 * 1024 })
  const digested = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      archive.update(piece)
      yield piece
    }
  }
  yield* compressed ? gunzip(digested()) : digested()
}

const MAGIC: readonly (readonly [string, string])[] = [
  ['1f8b', 'gzip'],
  ['fd377a585a00', 'xz'],
  ['28b52ffd', 'zstd'],
  ['425a68', 'bzip2'],
]

function compressionOf(file: string): string | null {
  const start = Buffer.alloc(6)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, start, 0, start.length, 0)
  } finally {
    closeSync(descriptor)
  }
  return MAGIC.find(([magic]) => start.toString('hex').startsWith(magic))?.[1] ?? null
}

/** Why the file is not a tar with members, or null. */
function tarFault(file: string): string | null {
  const descriptor = openSync(file, 'r')
  try {
    let members = 0
    for (const _ of tarMembers(descriptor)) members += 1
    return members === 0 ? 'it has no members' : null
  } catch (error) {
    if (error instanceof TarError) return error.message
    throw error
  } finally {
    closeSync(descriptor)
  }
}

function archiveError(request: RootfsRequest, what: string): EnvironmentError {
  return environmentError({
    id: 'toolchain/rootfs-unreadable',
    message: `the root file system "${request.path}" of toolchain "${request.name}" ${what}`,
    help: 'a rootfs is a tar archive in the work tree, plain or compressed with gzip',
  })
}
