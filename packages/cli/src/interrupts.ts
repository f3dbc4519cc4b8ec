import { setMaxListeners } from 'node:events'
import { EXIT, type ExitCode } from './exit-code.ts'

/** First interrupt: `stop`. Second: `kill`, and an exit within three seconds whatever happens. */
export interface Interrupts extends Disposable {
  readonly stop: AbortSignal
  readonly kill: AbortSignal
  /** Ends the run as a first interrupt does: nobody reads what it prints any more. */
  readonly hangUp: () => void
  /** The code that the signal asks for, or null when none came. */
  exitCode(): ExitCode | null
}

const HARD_EXIT_MS = 2_500

export function handleInterrupts(process: NodeJS.Process, announce: (message: string) => void): Interrupts {
  const stop = new AbortController()
  const kill = new AbortController()
  // Every call to the engine listens while it runs, and there are many at once: more than ten are no leak.
  setMaxListeners(0, stop.signal, kill.signal)
  let code: ExitCode | null = null
  const interrupt = (exitCode: ExitCode, message: string | null): void => {
    if (!stop.signal.aborted) {
      code = exitCode
      if (message !== null) announce(message)
      stop.abort()
      return
    }
    if (kill.signal.aborted) process.exit(code ?? exitCode)
    announce('killing what is still running')
    kill.abort()
    setTimeout(() => process.exit(code ?? exitCode), HARD_EXIT_MS).unref()
  }
  const stopping = 'stopping: what runs is asked to end; interrupt again to kill it'
  const handlers = {
    SIGINT: () => interrupt(EXIT.interrupted, stopping),
    SIGTERM: () => interrupt(EXIT.terminated, stopping),
    SIGHUP: () => interrupt(EXIT.interrupted, null),
  }
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler)
  return {
    stop: stop.signal,
    kill: kill.signal,
    hangUp: handlers.SIGHUP,
    exitCode: () => code,
    [Symbol.dispose]: () => {
      for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler)
    },
  }
}
