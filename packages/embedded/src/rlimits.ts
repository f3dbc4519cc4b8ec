import { readFileSync } from 'node:fs'

/** One of `process.rlimits` in config.json. */
export interface Rlimit {
  readonly type: 'RLIMIT_CORE' | 'RLIMIT_NOFILE'
  readonly soft: number
  readonly hard: number
}

/** Docker's own, where the caller may have as many. */
const MOST_FILES = 1_048_576

/** Limits of builders, never above those of this process, which nobody but root may exceed. Core dumps are nobody's output. */
export function builderLimits(limits = readFileSync('/proc/self/limits', 'utf8')): readonly Rlimit[] {
  const files = Math.min(hardLimit(limits, 'Max open files'), MOST_FILES)
  return [
    { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    { type: 'RLIMIT_NOFILE', soft: files, hard: files },
  ]
}

/** The second number of a row; infinite for `unlimited`. @see proc_pid_limits(5) */
function hardLimit(text: string, name: string): number {
  const row = text.split('\n').find((line) => line.startsWith(name))
  const [, hard] = row?.slice(name.length).trim().split(/\s+/) ?? []
  return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}
