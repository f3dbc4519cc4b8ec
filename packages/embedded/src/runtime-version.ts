import { execFile } from 'node:child_process'
import { err, ok, type Result } from '@orchestrate/core'
import { parseRuntimeVersion, type Runtime } from './runtime.ts'

/** Milliseconds that a program may take to say who it is. */
const DEADLINE = 5_000

/** Asks a runtime who it is; the error is why it could not be asked. */
export function askVersion(path: string): Promise<Result<Runtime, string>> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: DEADLINE, killSignal: 'SIGKILL', maxBuffer: 1 << 16 }, (error, stdout) => {
      if (error === null) return resolve(ok(parseRuntimeVersion(path, stdout)))
      if (error.killed === true) return resolve(err(`--version gave no answer within ${DEADLINE / 1000} seconds`))
      const code = typeof error.code === 'number' ? `ended with ${error.code}` : `cannot be started: ${error.code ?? error.message}`
      resolve(err(`--version ${code}`))
    })
  })
}
