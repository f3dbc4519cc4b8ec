import { type ConfigFiles, type GitFacts, loadWorkspace, type ParseCache, workTreeGitFacts } from '@orchestrate/config'
import { err, ok, type Result } from '@orchestrate/core'
import { type BuildGraph, buildGraph } from '@orchestrate/graph'
import { findings, type Stop } from './stop.ts'

export interface DeclaredGraph {
  readonly graph: BuildGraph
  /** Whether a builder.yaml speaks of the commit that is checked out. */
  readonly readsCommit: boolean
}

/** loadWorkspace and buildGraph. */
export async function makeGraph(
  workspace: { readonly root: string; readonly files: ConfigFiles; readonly cache: ParseCache; readonly overrides: readonly string[] },
  signal: AbortSignal,
): Promise<Result<DeclaredGraph, Stop>> {
  const { root, files, cache, overrides } = workspace
  const git = noteUse(workTreeGitFacts(root))
  const loaded = await loadWorkspace({ root }, { files, cache, git, overrides, signal })
  if (!loaded.ok) return err(findings(loaded.error.diagnostics, loaded.error.files))
  const graph = buildGraph(loaded.value)
  return graph.ok ? ok({ graph: graph.value, readsCommit: git.isUsed() }) : err(findings(graph.error, loaded.value.files))
}

function noteUse(facts: GitFacts): GitFacts & { isUsed(): boolean } {
  let isUsed = false
  const commit = () => {
    isUsed = true
    return facts.commit()
  }
  return { commit, isUsed: () => isUsed }
}
