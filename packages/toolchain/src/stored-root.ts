import { type Digest, type EnvironmentError, environmentError, err, ok, type Result, toolchainTargetId } from '@orchestrate/core'
import type { ReadyToolchain, RootFilesystem } from '@orchestrate/execute'
import type { Store, StoredBlob, ToolchainRecord } from '@orchestrate/store'
import type { AcquiredRoot } from './acquired-root.ts'
import { findCertificates } from './rootfs/find-certificates.ts'
import { TarError } from './rootfs/tar-members.ts'
import type { LockEntry } from './toolchain.ts'

/** The root file system of a locked toolchain as the store has it, every byte verified; null when it has to be made again. */
export async function openRoot(store: Store, entry: LockEntry, wanted: { readonly layers: boolean }): Promise<ReadyToolchain | null> {
  const record = await store.records.get(entry.identity)
  // Only an engine can say whether it still has what the store has not.
  if (record?.kind !== 'toolchain' || record.layers.length === 0) return null
  const blobs = [...record.layers.map(({ diffId }) => diffId), ...(record.certificates === null ? [] : [record.certificates])]
  if ((await store.blobs.verify(blobs)).length > 0) return null
  if (!wanted.layers && entry.source.kind === 'image') return null
  const root = await rootOfLayers(store, entry, record.layers)
  return root.ok ? { identity: entry.identity, root: root.value, certificates: await certificatesOf(store, record) } : null
}

/** Records a root file system that was just acquired, with its CA bundle. */
export async function saveRoot(
  store: Store,
  entry: LockEntry,
  acquired: AcquiredRoot,
  made: { readonly name: string; readonly durationMs: number; readonly finishedAt: number },
): Promise<Result<ReadyToolchain, EnvironmentError>> {
  const layers = (acquired.layers ?? []).map(({ digest, size }) => ({ diffId: digest, size }))
  const root = acquired.layers === null ? ok(rootOfImage(entry, acquired)) : await rootOfLayers(store, entry, layers)
  if (!root.ok) return root
  const certificates = await storeCertificates(store, root.value, made.name)
  if (!certificates.ok) return certificates
  const record: ToolchainRecord = {
    kind: 'toolchain',
    schema: 1,
    fingerprint: entry.identity,
    target: toolchainTargetId(made.name),
    durationMs: made.durationMs,
    finishedAt: made.finishedAt,
    layers,
    certificates: certificates.value?.digest ?? null,
    bytes: entry.size,
  }
  const saved = await keepRicher(store, record)
  return saved.ok ? ok({ identity: entry.identity, root: root.value, certificates: certificates.value }) : saved
}

/** A record without layers never replaces one with them. */
async function keepRicher(store: Store, record: ToolchainRecord): Promise<Result<void, EnvironmentError>> {
  const present = record.layers.length === 0 ? await store.records.get(record.fingerprint) : null
  if (present?.kind === 'toolchain' && present.layers.length > 0) return ok(undefined)
  return store.records.put(record)
}

async function rootOfLayers(
  store: Store,
  entry: LockEntry,
  layers: ToolchainRecord['layers'],
): Promise<Result<RootFilesystem, EnvironmentError>> {
  const files: { diffId: Digest; size: number; file: string }[] = []
  for (const { diffId, size } of layers) {
    const file = await store.blobs.file(diffId, false)
    if (!file.ok) return file
    files.push({ diffId, size, file: file.value })
  }
  return ok({ ...rootHead(entry), content: { kind: 'layers', layers: files } })
}

function rootOfImage(entry: LockEntry, { image }: AcquiredRoot): RootFilesystem {
  if (image === null) throw new Error(`${entry.identity} has neither layers nor an engine that holds it`)
  const { id, reference, diffIds } = image
  return { ...rootHead(entry), content: { kind: 'engine-image', id, reference, diffIds } }
}

function rootHead({ identity, root, size }: LockEntry): Omit<RootFilesystem, 'content'> {
  const { platform, env, user, workdir } = root
  return { identity, platform, env, user, workdir, size }
}

async function storeCertificates(store: Store, root: RootFilesystem, name: string): Promise<Result<StoredBlob | null, EnvironmentError>> {
  if (root.content.kind === 'engine-image') return ok(null)
  try {
    const found = findCertificates(root.content.layers.map(({ file }) => file))
    return found === null ? ok(null) : await store.blobs.put(found)
  } catch (error) {
    if (!(error instanceof TarError)) throw error
    return err(unreadableLayer(name, error))
  }
}

export function unreadableLayer(name: string, error: TarError): EnvironmentError {
  return environmentError({
    kind: 'integrity',
    id: 'toolchain/layer-unreadable',
    message: `a layer of toolchain "${name}" is not a valid tar archive`,
    details: [error.message],
    help: 'make the image or archive again with another tool',
  })
}

async function certificatesOf(store: Store, { certificates }: ToolchainRecord): Promise<StoredBlob | null> {
  const size = certificates === null ? null : await store.blobs.size(certificates)
  return certificates === null || size === null ? null : { digest: certificates, size }
}
