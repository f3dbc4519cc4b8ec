import { assertNever, type TargetId } from '@orchestrate/core'
import { formatDuration } from '@orchestrate/report'
import { isBeingWritten } from '@orchestrate/store'
import { declaredGraph } from '../declared-graph.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { findBuilds } from '../find-builds.ts'
import { type FoundLog, findLog } from '../find-log.ts'
import { handleInterrupts } from '../interrupts.ts'
import type { Invocation } from '../invocation.ts'
import { printLog } from '../print-log.ts'
import { openSession } from '../session.ts'
import { stopCommand } from '../stop.ts'

export interface LogsOptions {
  /** `SERVICE` or `SERVICE:BUILD`. */
  readonly build: string
  /** Print what a build that runs writes, until it ends. */
  readonly follow: boolean
}

/** `orchestrate logs`: what the last builds of a service wrote, whether they failed, succeeded, or were found in the store. */
export async function logs(invocation: Invocation, options: LogsOptions): Promise<ExitCode> {
  const { host } = invocation
  using interrupts = handleInterrupts(process, () => {})
  const opened = await openSession(invocation, { staged: false })
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const declared = await declaredGraph(session, interrupts.stop)
  if (!declared.ok) return stopCommand(invocation, declared.error)
  const builds = findBuilds(declared.value.graph, options.build)
  if (!builds.ok) return stopCommand(invocation, builds.error)
  const found = await Promise.all(builds.value.map(async ({ id }) => ({ id, log: await findLog(session, id, host.pid) })))
  if (found.every(({ log }) => log.kind === 'never-built')) {
    const name = options.build
    return stopCommand(invocation, {
      kind: 'usage',
      message: `"${name}" was never built in this workspace`,
      help: `build it with \`orchestrate apply ${name.split(':')[0] ?? name}\``,
    })
  }
  for (const { id, log } of found) {
    host.stderr.write(`${describeLog(id, log)}\n`)
    if (!('path' in log)) continue
    const { path } = log
    const isGrowing = (): boolean => options.follow && log.kind === 'running' && isBeingWritten(path, host.pid)
    await printLog(path, { output: host.stdout, isGrowing, signal: interrupts.stop })
  }
  return interrupts.exitCode() ?? EXIT.done
}

function describeLog(id: TargetId, log: FoundLog): string {
  switch (log.kind) {
    case 'running':
      return `${id}  is running: ${log.path}`
    case 'failed':
      return `${id}  failed, or was stopped: ${log.path}`
    case 'succeeded':
      return `${id}  succeeded${at(log.finishedAt)} in ${formatDuration(log.durationMs)}: ${log.path}`
    case 'silent':
      return `${id}  succeeded${at(log.finishedAt)} in ${formatDuration(log.durationMs)} and wrote nothing`
    case 'never-built':
      return `${id}  was never built`
    default:
      return assertNever(log)
  }
}

const at = (finishedAt: number | null): string => (finishedAt === null ? '' : ` at ${new Date(finishedAt).toISOString()}`)
