import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './root.mjs'

/**
 * One digest over names and contents of files and directories, and over the Node version.
 * @param {readonly string[]} paths relative to the checkout; what does not exist counts as absent
 */
export function fingerprintFiles(paths) {
  const hash = createHash('sha256').update(process.version)
  for (const path of paths) addTo(hash, path)
  return hash.digest('hex')
}

/** @param {import('node:crypto').Hash} hash @param {string} path */
function addTo(hash, path) {
  const absolute = join(root, path)
  if (!existsSync(absolute)) return
  if (!statSync(absolute).isDirectory()) {
    const content = readFileSync(absolute)
    hash.update(`${path}\0${content.length}\0`).update(content)
    return
  }
  for (const name of readdirSync(absolute).sort()) addTo(hash, `${path}/${name}`)
}

/** @param {string} stamp path of the file that holds the digest of the last success @param {string} digest */
export function isStamped(stamp, digest) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest
}

/** @param {string} stamp @param {string} digest */
export function writeStamp(stamp, digest) {
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, digest)
}
