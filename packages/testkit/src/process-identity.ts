import { readFileSync } from 'node:fs'
import type { RunIdentity } from '@orchestrate/execute'

/** The test's own process as the owner of a run. */
export function identifyProcess(runId: string): RunIdentity {
  const pidStart = startOf(process.pid)
  if (pidStart === null) throw new Error('this process has no entry in /proc')
  return { runId, pid: process.pid, pidStart, bootId: bootId() }
}

/** A run whose process ended: its number is free or was given to another. */
export function identifyDeadProcess(runId: string): RunIdentity {
  return { ...identifyProcess(runId), pidStart: '1' }
}

/** True while the process of a run lives on this boot. */
export function isAlive(run: RunIdentity): boolean {
  return run.bootId === bootId() && startOf(run.pid) === run.pidStart
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** Field 22 of /proc/PID/stat, or null when there is no such process. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    // No such process.
    return null
  }
}
