import { join } from 'node:path'
import {
  compareCodeUnits,
  type EnvironmentError,
  environmentError,
  err,
  isInside,
  ok,
  relativeTo,
  type Result,
  type WorkspacePath,
} from '@orchestrate/core'
import type { InventoryEntry } from '@orchestrate/fingerprint'
import type { TreeEntry } from '@orchestrate/store'
import type { Run } from './run.ts'

/** Some inputs were not what had been hashed when they were copied. */
export interface ChangedInputs {
  readonly kind: 'changed'
  readonly paths: readonly WorkspacePath[]
}

/**
 * Copies inputs into the store, each verified against its digest while it is copied, and gives them as tree entries
 * relative to `base`. Files of the work tree are never linked: link() would change their ctime.
 */
export async function stageSources(
  run: Run,
  entries: readonly InventoryEntry[],
  base: WorkspacePath,
): Promise<Result<readonly TreeEntry[], EnvironmentError | ChangedInputs>> {
  const { blobs } = run.deps.store
  const damaged = new Set(await blobs.verify(entries.filter((entry) => entry.mode !== 'symlink').map((entry) => entry.digest)))
  const staged = await Promise.all(entries.map((entry) => run.io(() => stageOne(run, entry, damaged.has(entry.digest)))))
  const changed: WorkspacePath[] = []
  const members: TreeEntry[] = []
  for (const [index, result] of staged.entries()) {
    const entry = entries[index]
    if (entry === undefined) continue
    if (!result.ok) return result
    if (result.value === null) changed.push(entry.path)
    else members.push({ ...result.value, path: relativeTo(entry.path, base) })
  }
  return changed.length > 0 ? err({ kind: 'changed', paths: changed }) : ok(withDirectories(members))
}

async function stageOne(run: Run, entry: InventoryEntry, missing: boolean): Promise<Result<TreeEntry | null, EnvironmentError>> {
  if (entry.mode === 'symlink') return readLink(run, entry)
  const executable = entry.mode === 'executable'
  const member: TreeEntry = { type: 'file', path: '', digest: entry.digest, size: entry.size, executable }
  if (!missing) return ok(member)
  const copied = await run.deps.store.blobs.copyFile(join(run.plan.graph.workspace.root, entry.path), entry.digest, { executable })
  if (!copied.ok) return copied
  return ok(copied.value === null ? null : member)
}

async function readLink(run: Run, entry: InventoryEntry): Promise<Result<TreeEntry | null, EnvironmentError>> {
  try {
    const pieces: Uint8Array[] = []
    for await (const piece of run.plan.inventory.tree.open(entry)) pieces.push(piece)
    return ok({ type: 'symlink', path: '', target: Buffer.concat(pieces).toString('utf8') })
  } catch (cause) {
    if (isMissing(cause)) return ok(null)
    return err(environmentError({ id: 'inputs/unreadable', message: `cannot read the link "${entry.path}": ${String(cause)}` }))
  }
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'EINVAL')

/** Adds the directories that lead to every member, sorted as trees are. */
export function withDirectories(members: readonly TreeEntry[], further: readonly string[] = []): readonly TreeEntry[] {
  const directories = new Set<string>()
  const addParents = (path: string): void => {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end)
      if (directories.has(parent)) return
      directories.add(parent)
    }
  }
  for (const member of members) addParents(member.path)
  for (const directory of further) {
    addParents(directory)
    if (directory !== '') directories.add(directory)
  }
  for (const member of members) directories.delete(member.path)
  return [...members, ...[...directories].map((path): TreeEntry => ({ type: 'directory', path }))].toSorted((a, b) =>
    compareCodeUnits(a.path, b.path),
  )
}

/** Splits inputs into those of the service's own directory and the others. */
export function splitByDirectory(
  entries: readonly InventoryEntry[],
  directory: WorkspacePath,
): readonly [InventoryEntry[], InventoryEntry[]] {
  const own: InventoryEntry[] = []
  const others: InventoryEntry[] = []
  for (const entry of entries) (isInside(entry.path, directory) ? own : others).push(entry)
  return [own, others]
}
