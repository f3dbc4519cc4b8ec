import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BuilderLimits } from '@orchestrate/execute'
import type { CgroupFiles, CgroupPlace } from './cgroup-place.ts'

/** A cgroup of one container's own. */
export interface Cgroup {
  /** What the container's first process writes itself to. */
  readonly join: readonly string[]
  /** Whether the kernel killed a process in it for want of memory; null when nobody counts. */
  outOfMemory(): boolean | null
  /** To be called when no process is left in it. What does not go is left to the next sweep. */
  remove(): Promise<void>
}

/** Makes the directory `name` in each place. @throws the file system's errors. */
export function makeCgroup(place: CgroupPlace, name: string, limits: BuilderLimits): Cgroup {
  const { pids, memory, cpu } = place
  const directories = cgroupDirectories(place, name)
  for (const directory of directories) mkdirSync(directory, { recursive: true })
  if (pids !== null) writeFileSync(`${pids}/${name}/pids.max`, String(limits.pids))
  if (memory !== null && limits.memory !== null) limitMemory(`${memory}/${name}`, limits.memory)
  if (cpu !== null && limits.cpus !== null) limitProcessors(`${cpu}/${name}`, limits.cpus)
  return {
    join: directories.map(entryOf),
    outOfMemory: () => (memory === null ? null : countKills(`${memory}/${name}`) > 0),
    remove: async () => {
      for (const directory of directories) await removeCgroup(directory)
    },
  }
}

/** Where a cgroup of that name is, or will be. */
export function cgroupDirectories({ pids, memory, cpu }: Omit<CgroupPlace, 'reason'>, name: string): readonly string[] {
  return [...new Set([pids, memory, cpu].flatMap((parent) => (parent === null ? [] : [`${parent}/${name}`])))]
}

/** Swap counts as memory, where the kernel counts it: a builder over its limit is killed, not slowed down. */
function limitMemory(directory: string, bytes: number): void {
  const limit = String(bytes)
  if (existsSync(`${directory}/memory.max`)) {
    writeFileSync(`${directory}/memory.max`, limit)
    if (existsSync(`${directory}/memory.swap.max`)) writeFileSync(`${directory}/memory.swap.max`, '0')
    return
  }
  writeFileSync(`${directory}/memory.limit_in_bytes`, limit)
  const withSwap = `${directory}/memory.memsw.limit_in_bytes`
  if (existsSync(withSwap)) writeFileSync(withSwap, limit)
}

/** Microseconds. */
export const CPU_PERIOD = 100_000
const LEAST_QUOTA = 1000

/** Microseconds of a period that so many processors have. */
export const quotaOf = (cpus: number): number => Math.max(LEAST_QUOTA, Math.round(cpus * CPU_PERIOD))

function limitProcessors(directory: string, cpus: number): void {
  const quota = quotaOf(cpus)
  if (existsSync(`${directory}/cpu.max`)) return writeFileSync(`${directory}/cpu.max`, `${quota} ${CPU_PERIOD}`)
  writeFileSync(`${directory}/cpu.cfs_period_us`, String(CPU_PERIOD))
  writeFileSync(`${directory}/cpu.cfs_quota_us`, String(quota))
}

/**
 * A process of one thread may enter a cgroup of v1 as that thread, for which the kernel need not hold still all others of the machine:
 * that takes it ten milliseconds. v2 has no such file for cgroups that count memory.
 */
function entryOf(directory: string): string {
  const threads = `${directory}/tasks`
  return existsSync(threads) ? threads : `${directory}/cgroup.procs`
}

/** The kernel may need a moment after the last process has ended. Gives whether it went, or was gone. */
export async function removeCgroup(directory: string): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const code = tryRemove(directory)
    if (code === null || code === 'ENOENT') return true
    if (code !== 'EBUSY') return false
    await delay(PAUSE)
  }
  return false
}

/** Removes what a runtime that was killed may have left of a cgroup of its own: it takes all hierarchies there are. */
export async function removeEverywhere(name: string): Promise<void> {
  const mounted = '/sys/fs/cgroup'
  const hierarchies = existsSync(mounted) ? readdirSync(mounted) : []
  for (const hierarchy of ['', ...hierarchies]) {
    const directory = join(mounted, hierarchy, name)
    if (existsSync(directory)) await removeCgroup(directory)
  }
}

/** Milliseconds between two attempts. */
const PAUSE = 10

function tryRemove(directory: string): string | null {
  try {
    rmdirSync(directory)
    return null
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  }
}

/** `oom_kill` of memory.events in v2, of memory.oom_control in v1. */
function countKills(directory: string): number {
  const text = thisMachine.read(`${directory}/memory.events`) ?? thisMachine.read(`${directory}/memory.oom_control`) ?? ''
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
}

/** Kills for want of memory on the whole machine, for where no cgroup counts them. */
export function countKillsOfMachine(): number {
  return Number(/^oom_kill (\d+)$/m.exec(thisMachine.read('/proc/vmstat') ?? '')?.[1] ?? 0)
}

/** The cgroups of this machine. */
export const thisMachine: CgroupFiles = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      // Not there, or not for us.
      return null
    }
  },
  canWrite: (path) => {
    try {
      accessSync(path, constants.W_OK)
      return true
    } catch {
      // Not there, not for us, or mounted read-only.
      return false
    }
  },
}
