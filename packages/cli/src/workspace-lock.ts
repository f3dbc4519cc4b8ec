import type { ToolchainDeclaration } from '@orchestrate/config'
import { err, isWorkspacePath, ok, type Result } from '@orchestrate/core'
import type { Inventory } from '@orchestrate/fingerprint'
import type { BuildGraph } from '@orchestrate/graph'
import { checkLock, LOCK_FILE, type LockedToolchains, readLock } from '@orchestrate/toolchain'
import { readLockText } from './lock-text.ts'
import type { Session } from './session.ts'
import { findings, type Stop } from './stop.ts'

/** builder.lock, beside what the workspace declares. */
export interface WorkspaceLock {
  readonly locked: LockedToolchains
  /** Every toolchain and every base of an image. */
  readonly declarations: readonly ToolchainDeclaration[]
  /** Texts for code frames: the builder.yaml files and builder.lock itself. */
  readonly files: ReadonlyMap<string, string>
}

/** Reads builder.lock from where the session's files come from. Entries out of date are in the answer, not an error yet. */
export async function readWorkspaceLock(
  session: Session,
  phases: { readonly graph: BuildGraph; readonly inventory: Inventory },
): Promise<Result<WorkspaceLock, Stop>> {
  const { graph, inventory } = phases
  const text = await readText(session)
  if (!text.ok) return text
  const declarations = [...graph.targets.values()].flatMap((target) => (target.kind === 'toolchain' ? [target.toolchain] : []))
  const archives = new Map(
    [...inventory.inputs]
      .flatMap(([id, entries]) => (graph.targets.get(id)?.kind === 'toolchain' ? entries : []))
      .map((entry) => [String(entry.path), entry.digest]),
  )
  const files = text.value === null ? graph.workspace.files : new Map([...graph.workspace.files, [LOCK_FILE, text.value]])
  const locked = readLock({
    text: text.value,
    declarations,
    rootfsDigest: (path) => archives.get(path) ?? null,
    platform: session.platform,
  })
  return locked.ok ? ok({ locked: locked.value, declarations, files }) : err(findings(locked.error, files))
}

/** What keeps a plan from being made: entries out of date; with `complete`, missing ones too. */
export function refuseLock({ locked, declarations, files }: WorkspaceLock, options: { readonly complete: boolean }): Stop | null {
  const found = options.complete ? checkLock(locked, declarations) : locked.stale
  return found.length === 0 ? null : findings(found, files)
}

async function readText(session: Session): Promise<Result<string | null, Stop>> {
  if (session.tree.kind === 'work-tree') return readLockText(session.root)
  const bytes = isWorkspacePath(LOCK_FILE) ? await session.configFiles.read(LOCK_FILE) : null
  return ok(bytes === null ? null : Buffer.from(bytes).toString('utf8'))
}
