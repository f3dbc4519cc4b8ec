import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { digestHex, digestOf } from '@orchestrate/core'

/** Tells the process that made a temporary directory from a later one with the same pid. */
export interface ProcessLabel {
  /** Eight hexadecimal digits of the host name's digest. */
  readonly host: string
  /** Eight hexadecimal digits of the boot id's digest. */
  readonly boot: string
  /** Inode of the pid namespace: the pids of another one say nothing here. */
  readonly namespace: string
  readonly pid: number
  /** Clock ticks since boot: /proc/PID/stat, field 22. */
  readonly start: string
}

/** The label of process `pid`, by default of this process; `bootId` as in /proc/sys/kernel/random/boot_id. */
export function labelProcess(known: { readonly pid?: number | undefined; readonly bootId?: string | undefined }): ProcessLabel {
  const pid = known.pid ?? Number(proc(() => readlinkSync('/proc/self')) ?? 0)
  return {
    host: short(hostname()),
    boot: short(known.bootId ?? readBootId()),
    namespace: /\d+/.exec(proc(() => readlinkSync('/proc/self/ns/pid')) ?? '')?.[0] ?? '0',
    pid,
    start: startOf(pid) ?? '0',
  }
}

/** The id of this boot of the machine, or the empty string where there is none. */
export function readBootId(): string {
  return proc(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))?.trim() ?? ''
}

export function formatLabel(label: ProcessLabel): string {
  return `${label.host}.${label.boot}.${label.namespace}.${label.pid}.${label.start}`
}

/** The label at the start of `text` (a further `.suffix` may follow), or null. */
export function parseLabel(text: string): ProcessLabel | null {
  const match = /^([a-f0-9]{8})\.([a-f0-9]{8})\.(\d+)\.(\d+)\.(\d+)(?:\.|$)/.exec(text)
  const [, host, boot, namespace, pid, start] = match ?? []
  if (host === undefined || boot === undefined || namespace === undefined || pid === undefined || start === undefined) return null
  return { host, boot, namespace, pid: Number(pid), start }
}

/**
 * True only when the labelled process is known to have ended: seen from the same boot and pid namespace its pid is free or somebody else's,
 * or the same host has booted again since. A process of another host or container is never called dead.
 */
export function isDead(label: ProcessLabel, own: ProcessLabel): boolean {
  if (label.boot !== own.boot) return label.host === own.host
  return label.namespace === own.namespace && startOf(label.pid) !== label.start
}

/** Null when there is no such process, or only what its parent has not yet collected. @see proc_pid_stat(5), fields 3 and 22 */
function startOf(pid: number): string | null {
  const stat = proc(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (stat === null) return null
  // The second field is the command in parentheses and may hold anything, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
}

/** What /proc answers, or null where it has none: another system, or a process that ended. */
function proc(read: () => string): string | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}

const short = (text: string): string => digestHex(digestOf(text)).slice(0, 8)
