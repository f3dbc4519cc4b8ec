import { execute } from '@orchestrate/execute'
import { captureSink } from '../capture-sink.ts'
import { readEngineChoice } from '../engine-choice.ts'
import { surroundingsOf } from '../connected-engine.ts'
import { openDockerConnection } from '../docker-connection.ts'
import { worstExitCode } from '../exit-code.ts'
import { handleInterrupts } from '../interrupts.ts'
import type { Invocation } from '../invocation.ts'
import { openExecution } from '../open-execution.ts'
import { planWorkspace } from '../plan-workspace.ts'
import { createReporter, quietReporter } from '../reporter.ts'
import { findRunnable, isUpToDate, refuseOutdated } from '../runnable-image.ts'
import { openSession } from '../session.ts'
import { startImage } from '../start-image.ts'
import { stopCommand, trouble } from '../stop.ts'
import { parseVariables } from '../variables.ts'

export interface RunOptions {
  readonly service: string
  /** Instead of the image's Cmd; null keeps it. */
  readonly args: readonly string[] | null
  /** `NAME=VALUE`, or `NAME` for the value of this process. */
  readonly env: readonly string[]
  /** Build what is missing first. */
  readonly build: boolean
  /** As typed; null when it was not. */
  readonly engine: string | null
}

/**
 * `orchestrate run`: builds what a service's image lacks, then starts it until it ends or is interrupted.
 * @returns the exit code of the service, or of what kept it from starting.
 */
export async function run(invocation: Invocation, options: RunOptions): Promise<number> {
  const { host } = invocation
  using interrupts = handleInterrupts(process, (message) => host.stderr.write(`${message}\n`))
  const engine = readEngineChoice(invocation, options.engine)
  if (!engine.ok) return stopCommand(invocation, engine.error)
  const env = parseVariables(options.env, host.env)
  if (!env.ok) return stopCommand(invocation, env.error)
  const opened = await openSession(invocation, { staged: false })
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const planned = await planWorkspace(session, { services: [options.service], force: false, locked: false, signal: interrupts.stop })
  if (!planned.ok) return interrupts.exitCode() ?? stopCommand(invocation, planned.error)
  const target = findRunnable(planned.value, options.service)
  if (!target.ok) return stopCommand(invocation, target.error)
  const { plan } = planned.value
  if (!options.build && !isUpToDate(plan)) return stopCommand(invocation, trouble(refuseOutdated(plan, target.value)))
  const reporter = isUpToDate(plan) ? quietReporter(invocation) : createReporter(invocation, { json: false })
  const sink = captureSink()
  const delivery = { load: 'where-kept', sinks: [sink] } as const
  const surroundings = surroundingsOf(host, session.store.root)
  const connected = await openExecution({
    invocation,
    session,
    planned: planned.value,
    delivery,
    surroundings,
    docker: openDockerConnection(surroundings, interrupts.stop),
    engine: engine.value,
    locked: false,
    interrupts,
    reporter,
  })
  if (!connected.ok) return interrupts.exitCode() ?? stopCommand(invocation, connected.error)
  await using execution = connected.value
  const result = await execute({ plan, options: { jobs: host.cores, force: false, onFailure: 'dependents' } }, execution.deps)
  const interrupted = interrupts.exitCode()
  if (interrupted !== null) return interrupted
  const summary = result.targets.find(({ id }) => id === target.value.id)
  const captured = sink.captured()
  if (captured === null || summary?.outcome !== 'succeeded')
    return worstExitCode(result.targets.flatMap(({ trouble: cause }) => cause ?? []))
  // Awaited here: what the image runs on is let go when this function ends.
  return await startImage(invocation, {
    engines: execution.engines,
    service: target.value.service,
    ...captured,
    args: options.args,
    env: env.value,
    interrupts,
  })
}
