import { execute } from '@orchestrate/execute'
import { readEngineChoice } from '../engine-choice.ts'
import { surroundingsOf } from '../connected-engine.ts'
import { openDockerConnection } from '../docker-connection.ts'
import { EXIT, type ExitCode, worstExitCode } from '../exit-code.ts'
import { mayLoad, openDelivery } from '../open-delivery.ts'
import { openExecution } from '../open-execution.ts'
import { handleInterrupts } from '../interrupts.ts'
import { keepHeapSmall } from '../keep-heap-small.ts'
import type { Invocation } from '../invocation.ts'
import { recallOrPlan } from '../recall-or-plan.ts'
import { createReporter, printImages } from '../reporter.ts'
import { openSession } from '../session.ts'
import { stopCommand } from '../stop.ts'

export interface ApplyOptions {
  readonly services: readonly string[]
  readonly json: boolean
  readonly force: boolean
  /** Null: the cores of this machine. */
  readonly jobs: number | null
  /** Null: load unless an output is named. */
  readonly load: boolean | null
  /** `oci:DIR`, `docker-archive:FILE`. */
  readonly outputs: readonly string[]
  readonly onFailure: 'stop' | 'dependents' | 'continue'
  readonly locked: boolean
  readonly overrides: readonly string[]
  /** As typed; null when it was not. */
  readonly engine: string | null
}

/** `orchestrate apply`: plans, then does it. */
export async function apply(invocation: Invocation, options: ApplyOptions): Promise<ExitCode> {
  const { host } = invocation
  keepHeapSmall()
  using interrupts = handleInterrupts(process, (message) => host.stderr.write(`${message}\n`))
  const delivery = openDelivery(invocation, options)
  if (!delivery.ok) return stopCommand(invocation, delivery.error)
  const engine = readEngineChoice(invocation, options.engine)
  if (!engine.ok) return stopCommand(invocation, engine.error)
  const opened = await openSession(invocation, { staged: false, overrides: options.overrides })
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const surroundings = surroundingsOf(host, session.store.root)
  await using docker = openDockerConnection(surroundings, interrupts.stop)
  // It answers while we plan, which needs no engine.
  if (mayLoad(delivery.value, engine.value)) await docker.anticipate()
  const planned = await recallOrPlan(session, {
    services: options.services,
    force: options.force,
    locked: options.locked,
    signal: interrupts.stop,
  })
  if (!planned.ok) return interrupts.exitCode() ?? stopCommand(invocation, planned.error)
  const reporter = createReporter(invocation, { json: options.json })
  const connected = await openExecution({
    invocation,
    session,
    planned: planned.value,
    delivery: delivery.value,
    surroundings,
    docker,
    engine: engine.value,
    locked: options.locked,
    interrupts,
    reporter,
  })
  if (!connected.ok) return interrupts.exitCode() ?? stopCommand(invocation, connected.error)
  await using execution = connected.value
  const { jobs, force, onFailure } = options
  const result = await execute({ plan: planned.value.plan, options: { jobs: jobs ?? host.cores, force, onFailure } }, execution.deps)
  if (!options.json) printImages(invocation, result.targets)
  const interrupted = interrupts.exitCode()
  if (interrupted !== null) return interrupted
  return result.outcome === 'succeeded' ? EXIT.done : worstExitCode(result.targets.flatMap((target) => target.trouble ?? []))
}
