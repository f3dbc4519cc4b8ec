import { constants, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Whether a living process of this user has the file open for writing: what it holds is not all yet. Nothing is written down
 * that could be stale: the kernel knows. Processes that we may not look into do not count.
 *
 * @param path absolute, as it was opened
 * @param self the process id that does not count
 * @see proc_pid_fdinfo(5)
 */
export function isBeingWritten(path: string, self: number): boolean {
  return numbersIn('/proc').some((pid) => pid !== self && descriptorsFor(path, pid).some((descriptor) => isForWriting(pid, descriptor)))
}

function descriptorsFor(path: string, pid: number): readonly number[] {
  return numbersIn(`/proc/${pid}/fd`).filter((descriptor) => ifThere(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)) === path)
}

function isForWriting(pid: number, descriptor: number): boolean {
  const info = ifThere(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1')) ?? ''
  const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8)
  return (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0
}

function numbersIn(directory: string): readonly number[] {
  return (ifThere(() => readdirSync(directory)) ?? []).filter((name) => /^[0-9]+$/.test(name)).map(Number)
}

/** Processes end and close files while we look; those of others are not shown. */
function ifThere<T>(look: () => T): T | null {
  try {
    return look()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM' || code === 'ENOTDIR') return null
    throw error
  }
}
