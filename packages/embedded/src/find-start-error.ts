import { posix } from 'node:path'
import { findInside, type InnerFiles } from './inner-files.ts'

/** A command that cannot be started at all, in the words that every engine uses. */
export interface StartError {
  readonly code: 126 | 127
  readonly message: string
}

export interface Command {
  readonly argv: readonly string[]
  readonly workdir: string
  /** PATH of the builder. */
  readonly searchPath: string
}

/** A user or group that a root file system does not list, in the words that every engine uses. */
export const unknownUser = (name: string): StartError => ({
  code: 126,
  message: `unable to find ${name}: no such user or group in the toolchain`,
})

/** Looks a command up as execvp(3) will: null when it can be tried. */
export function findStartError(files: InnerFiles, { argv, workdir, searchPath }: Command): StartError | null {
  const [name = ''] = argv
  const places = name.includes('/') ? [posix.resolve(workdir, name)] : searchPath.split(':').map((at) => posix.resolve(workdir, at, name))
  const found = places.flatMap((place) => findInside(files, place) ?? [])
  if (found.some((file) => file.kind === 'unknown' || (file.stats.isFile() && (file.stats.mode & ANYBODY_EXECUTES) !== 0))) return null
  if (name !== '' && found.length > 0) return { code: 126, message: `exec: "${name}": permission denied` }
  return { code: 127, message: `exec: "${name}": executable file not found${name.includes('/') ? '' : ' in $PATH'}` }
}

const ANYBODY_EXECUTES = 0o111
