import type { ToolchainDeclaration } from '@orchestrate/config'
import { compareCodeUnits, type EnvironmentError, err, ok, type Result, type Trouble } from '@orchestrate/core'
import type { ReadyOptions } from '@orchestrate/execute'
import { encodeLock } from './encode-lock.ts'
import type { LockedToolchains, LockEntry } from '../toolchain.ts'
import type { LockFile } from './lock-file.ts'

export interface LockUpdate {
  readonly locked: LockedToolchains
  readonly declarations: readonly ToolchainDeclaration[]
  /** Names to resolve again although their entry is right. */
  readonly update: ReadonlySet<string>
  readonly file: LockFile
  readonly resolve: (declaration: ToolchainDeclaration, options: Omit<ReadyOptions, 'layers'>) => Promise<Result<LockEntry, Trouble>>
  /** One live line for a long step, with the toolchain it is about. */
  readonly progress: (toolchain: string, message: string) => void
  readonly signal: AbortSignal
}

export type LockChange =
  | { readonly kind: 'added'; readonly toolchain: string }
  | { readonly kind: 'removed'; readonly toolchain: string }
  /** `packages`: those whose version changed, appeared or vanished, as `name old -> new`. */
  | { readonly kind: 'updated'; readonly toolchain: string; readonly packages: readonly string[] }
  | { readonly kind: 'unchanged'; readonly toolchain: string }

/**
 * What `orchestrate lock` does: resolves every toolchain whose entry is missing, out of date or named by `update`, and drops
 * entries that are no longer declared. What was resolved before a failure is written.
 *
 * @returns one change for every toolchain that was resolved or dropped, sorted by name
 */
export async function updateLock(request: LockUpdate): Promise<Result<readonly LockChange[], Trouble>> {
  const resolved = new Map<string, LockEntry>()
  const changes: LockChange[] = removedEntries(request)
  let failed: Trouble | null = null
  for (const declaration of request.declarations.filter((item) => needsResolving(request, item.name))) {
    const { name } = declaration
    const progress = (message: string): void => request.progress(name, message)
    const entry = await request.resolve(declaration, { progress, signal: request.signal })
    if (!entry.ok) {
      failed = entry.error
      break
    }
    resolved.set(name, entry.value)
    changes.push(changeOf(name, request.locked.lock.entries.get(name) ?? null, entry.value))
  }
  const written = await writeChanges(request.file, resolved, changes)
  if (failed !== null) return err(failed)
  return written.ok ? ok(changes.toSorted((a, b) => compareCodeUnits(a.toolchain, b.toolchain))) : written
}

function writeChanges(
  file: LockFile,
  resolved: ReadonlyMap<string, LockEntry>,
  changes: readonly LockChange[],
): Promise<Result<void, EnvironmentError>> {
  return changes.some((change) => change.kind !== 'unchanged') ? file.set(resolved) : Promise.resolve(ok(undefined))
}

function needsResolving({ locked, update }: LockUpdate, name: string): boolean {
  return update.has(name) || (locked.identities.get(name) ?? null) === null
}

function removedEntries({ locked, declarations }: LockUpdate): LockChange[] {
  const declared = new Set(declarations.map(({ name }) => name))
  return [...locked.lock.entries.keys()].filter((name) => !declared.has(name)).map((toolchain) => ({ kind: 'removed', toolchain }))
}

function changeOf(toolchain: string, before: LockEntry | null, after: LockEntry): LockChange {
  if (before === null) return { kind: 'added', toolchain }
  if (isSame(before, after)) return { kind: 'unchanged', toolchain }
  return { kind: 'updated', toolchain, packages: packageChanges(before, after) }
}

/** The identity alone does not tell: a mirror may be another one and have the same packages. */
function isSame(before: LockEntry, after: LockEntry): boolean {
  return entryText(before) === entryText(after)
}

function entryText(entry: LockEntry): string {
  return encodeLock({ entries: new Map([['', entry]]) })
}

function packageChanges(before: LockEntry, after: LockEntry): readonly string[] {
  if (before.source.kind !== 'debian' || after.source.kind !== 'debian') return []
  const was = before.source.versions
  const is = after.source.versions
  return [...new Set([...was.keys(), ...is.keys()])]
    .toSorted(compareCodeUnits)
    .filter((name) => was.get(name) !== is.get(name))
    .map((name) => `${name} ${was.get(name) ?? 'none'} -> ${is.get(name) ?? 'none'}`)
}
