import type { Command } from 'commander'
import { type CompletionNames, completeWords } from '../complete-words.ts'
import { declaredGraph } from '../declared-graph.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'

/** What the scripts of `orchestrate completion` call: prints what may stand in place of the last word, a line each. */
export async function complete(invocation: Invocation, program: Command, words: readonly string[]): Promise<ExitCode> {
  const candidates = await completeWords(program, words, (directory) => readNames(at(invocation, directory)))
  invocation.host.stdout.write(candidates.map((candidate) => `${candidate}\n`).join(''))
  return EXIT.done
}

function at(invocation: Invocation, directory: string | null): Invocation {
  if (directory === null) return invocation
  return { ...invocation, directory: directory.startsWith('/') ? directory : `${invocation.host.cwd}/${directory}` }
}

const NONE: CompletionNames = { services: [], targets: [] }

/** None where there is no workspace, or one with faults: nobody wants to read of them while typing. */
async function readNames(invocation: Invocation): Promise<CompletionNames> {
  const opened = await openSession(invocation, { staged: false })
  if (!opened.ok) return NONE
  await using session = opened.value
  const declared = await declaredGraph(session, new AbortController().signal)
  if (!declared.ok) return NONE
  const { targets, workspace } = declared.value.graph
  return { services: [...workspace.services.keys()], targets: [...targets.keys()] }
}
