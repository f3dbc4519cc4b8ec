import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson, compareCodeUnits, type Diagnostic, err, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import { toWorkspacePath } from './file-names.ts'
import { inventoryFinding, quotedPath } from './finding.ts'
import type { ProcessEnvironment } from './git-command.ts'
import { repositoryVariables, withoutRepository } from './git-environment.ts'
import { type IndexEntry, parseIndexEntries, parseTreeEntries } from './index-entries.ts'
import { type IndexRepository, openIndexRepository, readEntries } from './index-repository.ts'
import { findIntentToAdd } from './intent-to-add.ts'

/** A repository with its .gitattributes, wherever they lie: those of directories above the workspace count, too. */
export interface ListedRepository extends IndexRepository {
  readonly attributes: readonly IndexEntry[]
}

export interface IndexedFile {
  readonly path: WorkspacePath
  /** `100644`, `100755` or `120000`. */
  readonly mode: string
  readonly oid: string
  readonly repository: ListedRepository
  /** Its path inside that repository. */
  readonly name: string
}

export interface IndexListing {
  /** Sorted by path. */
  readonly files: ReadonlyMap<WorkspacePath, IndexedFile>
  /** Of everything apart from mode and object that decides about the content of a checked-out file. */
  readonly conversion: string
}

/** Lists what git's index, and the commits it records for submodules, hold below `root`. */
export async function listIndex(
  options: { readonly root: string; readonly environment: ProcessEnvironment },
  signal: AbortSignal,
): Promise<Result<IndexListing, Diagnostic[]>> {
  const { root, environment } = options
  const variables = await repositoryVariables(root, environment, signal)
  const repository = await openIndexRepository(root, { variables, commit: null }, signal)
  if (!repository.ok) return repository
  const workTree = realpathSync(repository.value.workTree)
  const below = root === workTree ? '' : `${root.slice(workTree.length + 1)}/`
  const collected: Collected = { files: [], conversion: [] }
  const findings = await collect({ repository: repository.value, below, prefix: '' }, collected, signal)
  if (findings.length > 0) return err([...findings])
  const byPath = new Map<WorkspacePath, IndexedFile>()
  // git sorts by bytes, and submodules came last.
  for (const file of collected.files.toSorted((a, b) => compareCodeUnits(a.path, b.path))) byPath.set(file.path, file)
  return ok({ files: byPath, conversion: canonicalJson(collected.conversion) })
}

interface Collected {
  readonly files: IndexedFile[]
  readonly conversion: string[]
}

interface Place {
  readonly repository: IndexRepository
  /** What paths of the repository must start with to be in the workspace; taken away from them. */
  readonly below: string
  /** What is put before them instead. */
  readonly prefix: string
}

async function collect(place: Place, collected: Collected, signal: AbortSignal): Promise<readonly Diagnostic[]> {
  const { repository, below, prefix } = place
  const output = await readEntries(repository, signal)
  if (!output.ok) return output.error
  const entries = repository.commit === null ? parseIndexEntries(output.value) : parseTreeEntries(output.value)
  const listed = { ...repository, attributes: entries.filter(isAttributes) }
  collected.conversion.push(repository.conversion, ...listed.attributes.map(({ oid, path }) => `${oid} ${path}`))
  const inside = below === '' ? entries : entries.filter((entry) => entry.path.startsWith(below))
  const pathOf = (entry: IndexEntry) => toWorkspacePath(prefix + entry.path.slice(below.length))
  const conflicts = inside.filter((entry) => entry.stage !== 0).map(pathOf)
  if (conflicts.length > 0) return [...new Set(conflicts)].map(mergeConflict)
  const announced = await findIntentToAdd(repository, inside, signal)
  if (!announced.ok) return announced.error
  for (const entry of inside) {
    if (entry.mode === '160000' || announced.value.has(entry.path)) continue
    collected.files.push({ path: pathOf(entry), mode: entry.mode, oid: entry.oid, repository: listed, name: entry.path })
  }
  for (const entry of inside.filter(({ mode }) => mode === '160000')) {
    const findings = await collectSubmodule(entry, { repository, path: pathOf(entry) }, collected, signal)
    if (findings.length > 0) return findings
  }
  return []
}

/** git ignores symlinks of that name. */
function isAttributes({ path, mode }: IndexEntry): boolean {
  return mode.startsWith('100') && (path === ATTRIBUTES || path.endsWith(`/${ATTRIBUTES}`))
}

const ATTRIBUTES = '.gitattributes'

function mergeConflict(path: WorkspacePath): Diagnostic {
  return inventoryFinding('inputs/merge-conflict', `${quotedPath(path)} has an unresolved merge conflict in the index`)
}

/** The files of the commit that the index records; none when the submodule is not checked out. */
async function collectSubmodule(
  entry: IndexEntry,
  at: { readonly repository: IndexRepository; readonly path: WorkspacePath },
  collected: Collected,
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> {
  const directory = join(at.repository.workTree, entry.path)
  if (!existsSync(join(directory, '.git'))) return []
  const source = { variables: withoutRepository(at.repository.variables), commit: entry.oid }
  const repository = await openIndexRepository(directory, source, signal)
  if (!repository.ok) return repository.error
  const findings = await collect({ repository: repository.value, below: '', prefix: `${at.path}/` }, collected, signal)
  if (!findings.some(({ id }) => id === 'inputs/git-failed')) return findings
  const message = `the index records commit ${entry.oid.slice(0, 12)} for the submodule ${quotedPath(at.path)}, which does not have it`
  return [inventoryFinding('inputs/submodule-missing', message)]
}
