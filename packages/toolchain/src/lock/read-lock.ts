import type { ToolchainDeclaration } from '@orchestrate/config'
import {
  compareCodeUnits,
  compareDiagnostics,
  type Diagnostic,
  diagnostic,
  type Digest,
  err,
  formatPlatform,
  ok,
  type Platform,
  type Result,
} from '@orchestrate/core'
import type { LockedToolchains, LockEntry } from '../toolchain.ts'
import { decodeLock } from './decode-lock.ts'
import { declarationChanges } from './declared-source.ts'

export interface LockInput {
  /** The text of builder.lock, or null when there is none. */
  readonly text: string | null
  /** Every declared toolchain and every base of an image. */
  readonly declarations: readonly ToolchainDeclaration[]
  /** Digest of a file of the work tree, from the inventory; null when it is missing. */
  readonly rootfsDigest: (path: string) => Digest | null
  /** The platform that toolchains are wanted for. */
  readonly platform: Platform
}

/** Reads builder.lock and compares it with the declarations; needs no engine and reads nothing else. */
export function readLock(input: LockInput): Result<LockedToolchains, Diagnostic[]> {
  const decoded = input.text === null ? ok({ entries: new Map<string, LockEntry>() }) : decodeLock(input.text)
  if (!decoded.ok) return err(decoded.error)
  const identities = new Map<string, Digest | null>()
  const stale: Diagnostic[] = []
  const missing: string[] = []
  for (const declaration of input.declarations) {
    const entry = decoded.value.entries.get(declaration.name)
    const changes = entry === undefined ? [] : changesOf(declaration, entry, input)
    if (entry === undefined) missing.push(declaration.name)
    else if (changes.length > 0) stale.push(outOfDate(declaration, changes))
    identities.set(declaration.name, entry === undefined || changes.length > 0 ? null : entry.identity)
  }
  return ok({ identities, stale, missing: missing.toSorted(compareCodeUnits), lock: decoded.value })
}

function changesOf(declaration: ToolchainDeclaration, entry: LockEntry, input: LockInput): readonly string[] {
  const { source } = declaration
  const file = source.kind === 'archive' ? source.pinned : source.kind === 'rootfs' ? source.path : null
  const archive = file === null ? null : input.rootfsDigest(file)
  const was = formatPlatform(entry.root.platform)
  const is = formatPlatform(input.platform)
  return [...declarationChanges(declaration, archive, entry.source), ...(was === is ? [] : [`platform: ${was} became ${is}`])]
}

function outOfDate(declaration: ToolchainDeclaration, changes: readonly string[]): Diagnostic {
  return diagnostic({
    id: 'lock/out-of-date',
    message: `builder.lock is out of date for toolchain "${declaration.name}"`,
    span: declaration.span,
    notes: changes.map((message) => ({ message, span: null })),
    help: 'run `orchestrate lock`',
  })
}

/** What `orchestrate lock --check` finds: an entry out of date, a toolchain without one. Empty when builder.lock is complete. */
export function checkLock(locked: LockedToolchains, declarations: readonly ToolchainDeclaration[]): readonly Diagnostic[] {
  const missing = declarations.filter((declaration) => locked.missing.includes(declaration.name)).map(missingEntry)
  return [...locked.stale, ...missing].toSorted(compareDiagnostics)
}

function missingEntry(declaration: ToolchainDeclaration): Diagnostic {
  return diagnostic({
    id: 'lock/missing-entry',
    message: `builder.lock has no entry for toolchain "${declaration.name}"`,
    span: declaration.span,
    help: 'run `orchestrate lock`',
  })
}
