import { formatDoctor, renderDoctor } from '@orchestrate/report'
import { readEngineChoice } from '../engine-choice.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { examineEngines } from '../examine-engines.ts'
import { examineMachine } from '../examine-machine.ts'
import { handleInterrupts } from '../interrupts.ts'
import type { Invocation } from '../invocation.ts'
import { stopCommand } from '../stop.ts'

export interface DoctorOptions {
  readonly json: boolean
  /** As typed; null when it was not. */
  readonly engine: string | null
}

/** `orchestrate doctor`: which engine runs builders here, what else this machine has, and what to do about what is missing. */
export async function doctor(invocation: Invocation, options: DoctorOptions): Promise<ExitCode> {
  const { host } = invocation
  using interrupts = handleInterrupts(process, (message) => host.stderr.write(`${message}\n`))
  const told = readEngineChoice(invocation, options.engine)
  if (!told.ok) return stopCommand(invocation, told.error)
  const machine = await examineMachine(invocation, interrupts.stop)
  const { engines, chosen } = await examineEngines(invocation, told.value, interrupts.stop)
  const interrupted = interrupts.exitCode()
  if (interrupted !== null) return interrupted
  const examination = { engines, chosen, machine }
  host.stdout.write(
    options.json ? `${JSON.stringify(formatDoctor(examination))}\n` : renderDoctor(examination, { color: invocation.colorOf(host.stdout) }),
  )
  return chosen === null ? EXIT.environment : EXIT.done
}
