import { loadWorkspace, workTreeGitFacts } from '@orchestrate/config'
import { buildGraph } from '@orchestrate/graph'
import { diagnosticsToJson, renderDiagnostics } from '@orchestrate/report'
import type { Diagnostic } from '@orchestrate/core'
import { EXIT, type ExitCode, exitCodeOfFindings } from '../exit-code.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { stopCommand } from '../stop.ts'

export interface ValidateOptions {
  readonly json: boolean
  readonly staged: boolean
}

/** `orchestrate validate`: the schema and the graph of every builder.yaml, all findings at once. */
export async function validate(invocation: Invocation, options: ValidateOptions): Promise<ExitCode> {
  const opened = await openSession(invocation, options)
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const { root, configFiles, parseCache } = session
  const loaded = await loadWorkspace(
    { root },
    { files: configFiles, cache: parseCache, git: workTreeGitFacts(root), signal: new AbortController().signal },
  )
  if (!loaded.ok) return report(invocation, options, loaded.error.diagnostics, loaded.error.files)
  const graph = buildGraph(loaded.value)
  const { services, files } = loaded.value
  if (!graph.ok) return report(invocation, options, graph.error, files)
  if (options.json) return report(invocation, options, [], files)
  invocation.host.stderr.write(
    `${files.size} ${files.size === 1 ? 'file' : 'files'}, ${services.size} ${services.size === 1 ? 'service' : 'services'}: no findings\n`,
  )
  return EXIT.done
}

function report(
  { host, colorOf }: Invocation,
  options: ValidateOptions,
  diagnostics: readonly Diagnostic[],
  files: ReadonlyMap<string, string>,
): ExitCode {
  if (options.json) host.stdout.write(`${JSON.stringify(diagnosticsToJson(diagnostics, files))}\n`)
  else host.stderr.write(renderDiagnostics(diagnostics, { files, color: colorOf(host.stderr) }))
  return exitCodeOfFindings(diagnostics)
}
