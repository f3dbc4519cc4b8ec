import { execFile } from 'node:child_process'
import { basename } from 'node:path'
import { err, ok, type Result } from '@orchestrate/core'
import { parseRuntimeVersion, type Runtime } from './runtime.ts'

/** Milliseconds that a program may take to say who it is. */
const DEADLINE = 5_000

/**
 * Asks a runtime who it is; the error is why it could not be started. One that only does not want to say is taken by the name of its
 * file, since nothing but a container's start tells whether it works.
 *
 * @param directory where it may keep state, which some versions want even for this
 */
export function askVersion(path: string, directory: string): Promise<Result<Runtime, string>> {
  const options = { timeout: DEADLINE, killSignal: 'SIGKILL', maxBuffer: 1 << 16, env: { XDG_RUNTIME_DIR: directory } } as const
  return new Promise((resolve) => {
    execFile(path, ['--version'], options, (error, stdout) => {
      if (error === null) return resolve(ok(parseRuntimeVersion(path, stdout)))
      if (error.killed === true) return resolve(err(`--version gave no answer within ${DEADLINE / 1000} seconds`))
      if (typeof error.signal === 'string') return resolve(err(`--version was ended by ${error.signal}`))
      if (typeof error.code === 'number') return resolve(ok(parseRuntimeVersion(path, `${basename(path)} version`)))
      resolve(err(`cannot be started: ${error.code ?? error.message}`))
    })
  })
}
