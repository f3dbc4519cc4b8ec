// What set-up and demo tell a person: one live line for every long step, on stderr.
import { openSync, readFileSync, closeSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { root } from './root.mjs'

const terminal = process.stderr.isTTY === true && process.env.CI === undefined

/** The surroundings cannot be made ready: what is missing, and what to do about it. Exit code 5. */
export class EnvironmentError extends Error {}

/**
 * Runs `work` under one line that counts the seconds: rewritten on a terminal, repeated every 15 s elsewhere.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = performance.now()
  const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  const say = (state, end) => process.stderr.write(`${terminal ? '\r\x1b[K' : ''}set-up: ${title} … ${state}${end}`)
  say('', terminal ? '' : '\n')
  const timer = setInterval(() => say(elapsed(), terminal ? '' : '\n'), terminal ? 1_000 : 15_000)
  try {
    const result = await work()
    say(`done in ${elapsed()}`, '\n')
    return result
  } catch (error) {
    say(`failed after ${elapsed()}`, '\n')
    throw error
  } finally {
    clearInterval(timer)
  }
}

/**
 * Runs a command with its output in `.tools/log/NAME.log`; a failure carries the last lines of it.
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function runLogged(name, command, args, env = process.env) {
  const logPath = join(root, '.tools', 'log', `${name}.log`)
  mkdirSync(join(root, '.tools', 'log'), { recursive: true })
  const log = openSync(logPath, 'w')
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', log, log] })
    child.once('error', reject)
    child.once('close', (status, signal) => resolve(status ?? signal))
  }).finally(() => closeSync(log))
  if (code === 0) return
  const tail = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
  throw new EnvironmentError(`"${command} ${args.join(' ')}" ended with ${code}\n${tail}\n(all of it: ${logPath})`)
}
