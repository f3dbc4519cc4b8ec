import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs a command once.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{cwd: string, env?: NodeJS.ProcessEnv}} options
 * @returns {{seconds: number, megabytes: number}} wall-clock time, and the largest resident set of a process of it
 */
export function measure(command, args, options) {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate-bench-'))
  const report = join(directory, 'time')
  const result = spawnSync('/usr/bin/time', ['--format=%e %M', `--output=${report}`, command, ...args], {
    ...options,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${result.status}\n${result.stdout}${result.stderr}`)
  const [seconds = 0, kilobytes = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number)
  rmSync(directory, { recursive: true })
  return { seconds, megabytes: kilobytes / 1024 }
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
