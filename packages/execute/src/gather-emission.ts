import { type EnvironmentError, environmentError, err, ok, type Result, type Trouble, type WorkspacePath } from '@orchestrate/core'
import type { ImageFile } from '@orchestrate/config'
import type { InventoryEntry } from '@orchestrate/fingerprint'
import type { ArtifactEdge, ImageTarget } from '@orchestrate/graph'
import type { TreeEntry } from '@orchestrate/store'
import type { EmissionBase, EmissionFile, EmissionRequest } from './image-ports.ts'
import { artifactEntries } from './lay-out-mounts.ts'
import { readyToolchain } from './ready-toolchain.ts'
import type { Run } from './run.ts'
import { stageSources } from './stage-sources.ts'
import { inputsChanged } from './trouble.ts'

/** Brings together what an image is made of: base layers, artifacts, source files, literals, certificates, time zones. */
export async function gatherEmission(run: Run, target: ImageTarget): Promise<Result<EmissionRequest, Trouble>> {
  const base = await findBase(run, target)
  if (!base.ok) return base
  const certificates = await findCertificates(run, target)
  if (!certificates.ok) return certificates
  const timezones = await findTimezones(run, target)
  if (!timezones.ok) return timezones
  const files: EmissionFile[] = []
  const edges = [...target.artifacts]
  for (const file of target.image.files) {
    const gathered = await gatherFile(run, target, file, edges)
    if (!gathered.ok) return gathered
    files.push(gathered.value)
  }
  return ok({
    image: target.image,
    platform: run.deps.platform,
    base: base.value,
    files,
    certificates: certificates.value,
    timezones: timezones.value,
  })
}

async function findBase(run: Run, { id, base }: ImageTarget): Promise<Result<EmissionBase | null, Trouble>> {
  if (base === null) return ok(null)
  const stored = run.imageRecord(base)
  if (stored !== null) return ok({ kind: 'image', stored })
  const progress = (message: string): void => run.emit({ type: 'target-progress', target: id, message })
  const toolchain = await readyToolchain(run, base, { layers: true, progress })
  return toolchain.ok ? ok({ kind: 'root', root: toolchain.value.root }) : toolchain
}

async function findCertificates(run: Run, target: ImageTarget): Promise<Result<EmissionRequest['certificates'], Trouble>> {
  if (target.certificates === null) return ok(null)
  const toolchain = await readyToolchain(run, target.certificates, { layers: true, progress: () => {} })
  if (!toolchain.ok) return toolchain
  return toolchain.value.certificates === null ? err(noCertificates(target)) : ok(toolchain.value.certificates)
}

async function findTimezones(run: Run, target: ImageTarget): Promise<Result<EmissionRequest['timezones'], Trouble>> {
  if (target.timezones === null) return ok(null)
  const toolchain = await readyToolchain(run, target.timezones, { layers: true, progress: () => {} })
  if (!toolchain.ok) return toolchain
  const timezones = await run.deps.toolchains.timezones(toolchain.value)
  if (!timezones.ok) return timezones
  return timezones.value === null ? err(noTimezones(target)) : ok(timezones.value)
}

function noTimezones(target: ImageTarget): EnvironmentError {
  const name = (target.timezones ?? '').replace('toolchain:', '')
  return environmentError({
    id: 'image/no-timezones',
    message: `toolchain "${name}" has no /usr/share/zoneinfo, which "timezones" takes from it`,
    help: `add "tzdata" to the packages of toolchain "${name}"`,
  })
}

function noCertificates(target: ImageTarget): EnvironmentError {
  const name = (target.certificates ?? '').replace('toolchain:', '')
  return environmentError({
    id: 'image/no-certificates',
    message: `toolchain "${name}" has no /etc/ssl/certs/ca-certificates.crt, which "caCertificates" takes from it`,
    help: `add "ca-certificates" to the packages of toolchain "${name}"`,
  })
}

async function gatherFile(run: Run, target: ImageTarget, file: ImageFile, edges: ArtifactEdge[]): Promise<Result<EmissionFile, Trouble>> {
  const { to, mode, owner, layer } = file
  if (file.kind === 'content') {
    const stored = await run.deps.store.blobs.put(file.content)
    if (!stored.ok) return stored
    const entry: TreeEntry = { type: 'file', path: '', digest: stored.value.digest, size: stored.value.size, executable: false }
    return ok({ to, name: 'content', mode, owner, layer, entries: [entry] })
  }
  if (file.kind === 'source') {
    const entries = await stageSource(run, target, file.path)
    return entries.ok ? ok({ to, name: lastSegment(file.path), mode, owner, layer, entries: entries.value }) : entries
  }
  const edge = edges.shift()
  if (edge === undefined) throw new Error(`${target.id} has fewer artifact edges than artifact files`)
  const entries = await artifactEntries(run, edge)
  return entries.ok ? ok({ to, name: lastSegment(file.artifact.path), mode, owner, layer, entries: entries.value }) : entries
}

const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The inventory's entries at or below a source path, staged into the store. */
async function stageSource(run: Run, target: ImageTarget, path: WorkspacePath): Promise<Result<readonly TreeEntry[], Trouble>> {
  const inputs: readonly InventoryEntry[] = run.plan.inventory.inputs.get(target.id) ?? []
  const own = inputs.filter((entry) => path === '' || entry.path === path || entry.path.startsWith(`${path}/`))
  const single = own.length === 1 && own[0]?.path === path
  const staged = await stageSources(run, own, path)
  if (!staged.ok) return err(staged.error.kind === 'changed' ? inputsChanged(staged.error.paths) : staged.error)
  return ok(single ? staged.value.map((entry) => ({ ...entry, path: '' })) : staged.value)
}
