import { chmodSync, copyFileSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { Breath } from '@orchestrate/store'

/** A builder of another uid must be able to write to what is its own to throw away. */
const ANYBODY_WRITES = 0o222
const ANYBODY_ENTERS = 0o777

/** Copies a view for a builder that may write to it where no overlay can do that: modes and times stay, but for who may write. */
export async function copyView(source: string, to: string, options: { readonly anybody: boolean; readonly breath: Breath }): Promise<void> {
  if (options.breath.due()) await options.breath.take()
  const stats = lstatSync(source)
  if (stats.isSymbolicLink()) return symlinkSync(readlinkSync(source), to)
  if (stats.isDirectory()) {
    mkdirSync(to)
    for (const name of readdirSync(source)) await copyView(join(source, name), join(to, name), options)
    chmodSync(to, (stats.mode & 0o777) | (options.anybody ? ANYBODY_ENTERS : 0o700))
  } else {
    copyFileSync(source, to)
    chmodSync(to, (stats.mode & 0o777) | (options.anybody ? ANYBODY_WRITES : 0))
  }
  utimesSync(to, stats.atime, stats.mtime)
}
