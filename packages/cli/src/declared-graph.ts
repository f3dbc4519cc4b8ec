import type { ConfigFiles, Workspace } from '@orchestrate/config'
import { digestOf, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import type { BuildGraph } from '@orchestrate/graph'
import type { ConfigAnswers, KnownGraph } from './graph-cache.ts'
import type { DeclaredGraph } from './made-graph.ts'
import type { Session } from './session.ts'
import type { Stop } from './stop.ts'

export type ConfigSession = Pick<Session, 'root' | 'configFiles' | 'overrides' | 'parseCache' | 'graphCache'>

/**
 * loadWorkspace and buildGraph, or their last outcome, if all that they would ask for is answered as it was then: the root's bytes say
 * which files there may be, and the bytes of those, what they declare. A workspace with findings is not kept, nor one that
 * speaks of git's commit.
 */
export async function declaredGraph(session: ConfigSession, signal: AbortSignal): Promise<Result<DeclaredGraph, Stop>> {
  const { root, overrides, parseCache: cache } = session
  const graphCache = overrides.length === 0 ? session.graphCache : null
  const files = recordConfigFiles(session.configFiles)
  const known = (await graphCache?.load()) ?? null
  if (known !== null && (await isAnsweredAlike(files, known.answers))) return ok({ graph: restore(root, known, files), readsCommit: false })
  // What reads YAML takes as long to load as a small workspace takes to be read.
  const { makeGraph } = await import('./made-graph.ts')
  const made = await makeGraph({ root, files, cache, overrides }, signal)
  if (made.ok && !made.value.readsCommit) await graphCache?.save(toKeep(made.value.graph, files.answers()))
  return made
}

/** Config files that remember what they answered: each is asked once. */
interface RecordedConfigFiles extends ConfigFiles {
  answers(): ConfigAnswers
  /** What `read` answered, or null. */
  bytes(path: WorkspacePath): Uint8Array | null
}

function recordConfigFiles(files: ConfigFiles): RecordedConfigFiles {
  const contents = new Map<WorkspacePath, Uint8Array | null>()
  let discovered: Pick<ConfigAnswers, 'members' | 'found'> | null = null
  return {
    discover: async (members) => {
      if (discovered === null || !isSameList(discovered.members, members)) discovered = { members, found: await files.discover(members) }
      return discovered.found
    },
    read: async (path) => {
      const known = contents.get(path)
      if (known !== undefined) return known
      const bytes = await files.read(path)
      contents.set(path, bytes)
      return bytes
    },
    answers: () => ({
      ...(discovered ?? { members: null, found: [] }),
      contents: new Map([...contents].map(([path, bytes]) => [path, bytes === null ? null : digestOf(bytes)])),
    }),
    bytes: (path) => contents.get(path) ?? null,
  }
}

/** Stops with the first difference: the root comes first, and says what may be discovered. */
async function isAnsweredAlike(files: ConfigFiles, { members, found, contents }: ConfigAnswers): Promise<boolean> {
  let isFirst = true
  for (const [path, digest] of contents) {
    const bytes = await files.read(path)
    if ((bytes === null ? null : digestOf(bytes)) !== digest) return false
    if (isFirst && !isSameList(await files.discover(members), found)) return false
    isFirst = false
  }
  return !isFirst
}

function isSameList(left: readonly string[] | null, right: readonly string[] | null): boolean {
  if (left === null || right === null) return left === right
  return left.length === right.length && left.every((item, index) => item === right[index])
}

function toKeep({ workspace, ...graph }: BuildGraph, answers: ConfigAnswers): KnownGraph {
  const { root: _, files, ...rest } = workspace
  // What loadWorkspace reads, it read as paths of the workspace.
  return { answers, graph: { ...graph, workspace: rest }, texts: [...files.keys()] as WorkspacePath[] }
}

function restore(root: string, { graph, texts }: KnownGraph, files: RecordedConfigFiles): BuildGraph {
  const decoder = new TextDecoder()
  const text = (path: WorkspacePath): string => decoder.decode(files.bytes(path) ?? new Uint8Array(0))
  const workspace: Workspace = { ...graph.workspace, root, files: new Map(texts.map((path) => [path, text(path)])) }
  return { ...graph, workspace }
}
