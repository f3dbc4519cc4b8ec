import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Everything about a directory that two unpackings of one archive must agree on, a line each, sorted: type, mode without setuid and
 * setgid, owner, size, time in seconds, content or target, and which names are one file. Names that are not UTF-8 are shown by byte.
 */
export function describeFiles(root: string, skipped: ReadonlySet<string> = new Set()): readonly string[] {
  const lines: string[] = []
  const firstNames = new Map<number, string>()
  const walk = (directory: Buffer, below: string): void => {
    for (const entry of readdirSync(directory, { encoding: 'buffer' }).toSorted((a, b) => a.compare(b))) {
      const path = Buffer.concat([directory, Buffer.from('/'), entry])
      const name = `${below}${entry.toString('latin1')}`
      if (skipped.has(name)) continue
      const stats = lstatSync(path)
      const owner = `${stats.uid}:${stats.gid}`
      const time = Math.floor(stats.mtimeMs / 1000)
      if (stats.isSymbolicLink()) lines.push(`${name} -> ${readlinkSync(path, { encoding: 'latin1' })} ${owner}`)
      else if (stats.isDirectory()) {
        lines.push(`${name}/ ${((stats.mode & 0o1777) | 0o700).toString(8)} ${owner} ${time}`)
        walk(path, `${name}/`)
      } else if (stats.isFile()) {
        const first = firstNames.get(stats.ino) ?? name
        firstNames.set(stats.ino, first)
        const digest = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)
        const mode = ((stats.mode & 0o777) | 0o400).toString(8)
        lines.push(`${name} ${mode} ${owner} ${stats.size} ${time} ${digest}${first === name ? '' : ` = ${first}`}`)
      }
    }
  }
  walk(Buffer.from(root), '')
  return lines
}
