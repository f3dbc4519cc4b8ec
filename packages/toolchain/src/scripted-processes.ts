import type { ProcessExit, ProcessRequest, ProcessRunner } from './process-runner.ts'

/** What a scripted process does: lines on standard error, bytes on standard output, an exit. */
export interface ScriptedProcess {
  readonly lines?: readonly string[]
  readonly stdout?: Uint8Array
  readonly exit?: ProcessExit
  /** The process ends no sooner. */
  readonly until?: Promise<unknown>
}

/** A runner for tests: each process is what `script` says for its request. `requests` are kept in order. */
export function scriptedProcesses(
  script: (request: ProcessRequest) => ScriptedProcess,
): ProcessRunner & { readonly requests: readonly ProcessRequest[] } {
  const requests: ProcessRequest[] = []
  return {
    requests,
    run(request) {
      requests.push(request)
      const { lines = [], stdout = new Uint8Array(), exit = { kind: 'exited', code: 0 }, until } = script(request)
      for (const line of lines) request.onLine(line)
      const content = async function* (): AsyncGenerator<Uint8Array> {
        await until
        yield stdout
      }
      return { stdout: content(), exit: Promise.resolve(exit) }
    },
  }
}
