import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { RunIdentity } from '@orchestrate/execute'

/** Who this run is, so that a later one can tell whether it is still alive. */
export function createRunIdentity(pid: number): RunIdentity {
  return { runId: randomBytes(6).toString('hex'), pid, pidStart: processStart(pid), bootId: bootId() }
}

/** Field 22 of /proc/PID/stat; the command name before it may hold spaces and parentheses. @see proc_pid_stat(5) */
function processStart(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id').trim()
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not Linux: labels then carry no such proof, and nothing is swept by it.
    return ''
  }
}
