import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { err, ok, type Result } from '@orchestrate/core'
import { parseRuntimeVersion, type Runtime } from './runtime.ts'

/** Milliseconds that a program may take to say who it is. */
const DEADLINE = 5_000
/** Characters of its answer that are read. */
const MOST_TEXT = 1000

/**
 * Asks a runtime who it is; the error is why it could not be started. One that only does not want to say is taken by the name of its
 * file, since nothing but a container's start tells whether it works.
 *
 * @param directory where it may keep state, which some versions want even for this
 */
export function askVersion(path: string, directory: string): Promise<Result<Runtime, string>> {
  return new Promise((resolve) => {
    // A group of its own, so that what a script has started ends with it.
    const child = spawn(path, ['--version'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
      env: { XDG_RUNTIME_DIR: directory },
    })
    let text = ''
    const hung = setTimeout(() => {
      resolve(err(`--version gave no answer within ${DEADLINE / 1000} seconds`))
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      child.stdout.destroy()
    }, DEADLINE)
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < MOST_TEXT) text += chunk
    })
    child.once('error', (error) => {
      clearTimeout(hung)
      resolve(err(`cannot be started: ${'code' in error ? String(error.code) : error.message}`))
    })
    child.once('close', (code, signal) => {
      clearTimeout(hung)
      if (signal !== null) resolve(err(`--version was ended by ${signal}`))
      else resolve(ok(parseRuntimeVersion(path, code === 0 ? text : `${basename(path)} version`)))
    })
  })
}
