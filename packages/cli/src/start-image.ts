import { failure } from '@orchestrate/core'
import type { ImageExit, PublishedPort } from '@orchestrate/execute'
import type { CapturedImage } from './capture-sink.ts'
import type { Engines } from './engines.ts'
import type { Interrupts } from './interrupts.ts'
import type { Invocation } from './invocation.ts'
import { stopCommand, trouble } from './stop.ts'

/** Milliseconds between asking a service to end and killing it. */
const GRACE_MS = 10_000

export interface StartRequest extends CapturedImage {
  readonly engines: Engines
  readonly service: string
  readonly args: readonly string[] | null
  readonly env: ReadonlyMap<string, string>
  readonly interrupts: Interrupts
}

/** Starts an image and follows it to its end: what it writes comes through as it is. @returns the exit code. */
export async function startImage(invocation: Invocation, request: StartRequest): Promise<number> {
  const { host } = invocation
  const { engines, service, image, reference, args, env, interrupts } = request
  const connected = await engines.builders()
  if (!connected.ok) return stopCommand(invocation, trouble(connected.error))
  const { runner } = connected.value.engine
  const onStarted = (ports: readonly PublishedPort[]): void => host.stderr.write(describeStart(service, runner.name, ports))
  const ended = await runner.run(
    { run: engines.run, service, image, reference, args, env, graceMs: GRACE_MS, onStarted },
    { stdout: host.stdout.write, stderr: host.stderr.write, stop: interrupts.stop, kill: interrupts.kill },
  )
  if (!ended.ok) return interrupts.exitCode() ?? stopCommand(invocation, trouble(ended.error))
  return interrupts.exitCode() ?? explainEnd(invocation, service, ended.value)
}

function describeStart(service: string, engine: string, ports: readonly PublishedPort[]): string {
  const places = ports.map(({ port, address }) => `  ${port} at ${address}\n`)
  return `${service} runs (${engine}); interrupt to stop it\n${places.join('')}`
}

/** Says what the exit code alone does not. */
function explainEnd(invocation: Invocation, service: string, { code, outOfMemory, startError }: ImageExit): number {
  if (startError !== null) {
    const help = 'correct "entrypoint" or "cmd" of its image, or what follows `--`'
    stopCommand(invocation, trouble(failure({ id: 'run/not-started', message: `"${service}" could not be started: ${startError}`, help })))
  }
  if (outOfMemory) {
    const message = `the kernel killed a process of "${service}" for want of memory`
    stopCommand(invocation, trouble(failure({ id: 'run/out-of-memory', message, help: 'give the engine more memory' })))
  }
  return code
}
