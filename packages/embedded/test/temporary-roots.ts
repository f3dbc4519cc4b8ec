import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { digestHex, digestOf, linuxPlatform, type Result, systemClock } from '@orchestrate/core'
import type { EmittedImage, RootFilesystem } from '@orchestrate/execute'
import { openRoots } from '../src/roots/open-roots.ts'
import type { Roots } from '../src/roots/roots.ts'

/** Root file systems in a directory of their own, removed on dispose. */
export interface TemporaryRoots extends Disposable {
  /** Holds the roots below `state`, layers below `layers`, and whatever a test puts beside them. */
  readonly directory: string
  readonly roots: Roots
  /** Live lines so far. */
  readonly lines: readonly string[]
  /** Other roots in the same directory, as another process would have them. */
  open(): Roots
  /** A root of these tars, lowest first. */
  rootOf(...tars: readonly Buffer[]): RootFilesystem
  /** What is kept in the directory of roots, temporary names without their random part. */
  kept(): readonly string[]
}

/**
 * @param directory by default a new one
 * @param find the program that looks at roots, or null for none
 */
export function temporaryRoots(
  directory: string = realpathSync(mkdtempSync(join(tmpdir(), 'roots-test-'))),
  find: string | null = '/usr/bin/find',
): TemporaryRoots {
  const lines: string[] = []
  const open = (): Roots =>
    openRoots({
      directory: join(directory, 'state'),
      clock: systemClock,
      uid: process.getuid?.() ?? 0,
      find,
      progress: (message) => void lines.push(message),
    })
  mkdirSync(join(directory, 'layers'), { recursive: true })
  return {
    directory,
    roots: open(),
    lines,
    open,
    rootOf: (...tars) => {
      const layers = tars.map((tar) => {
        const diffId = digestOf(tar)
        const file = join(directory, 'layers', digestHex(diffId))
        writeFileSync(file, tar)
        return { diffId, size: tar.length, file }
      })
      const identity = digestOf(JSON.stringify(layers.map(({ diffId }) => diffId)))
      const size = tars.reduce((sum, tar) => sum + tar.length, 0)
      return {
        identity,
        platform: linuxPlatform('x64'),
        env: new Map(),
        user: null,
        workdir: null,
        size,
        content: { kind: 'layers', layers },
      }
    },
    kept: () =>
      lstatSync(join(directory, 'state/roots'), { throwIfNoEntry: false }) ? readdirSync(join(directory, 'state/roots')).toSorted() : [],
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** An emitted image of these layer tars; of its blobs only the layers can be read. */
export function imageOf(...tars: readonly Buffer[]): EmittedImage {
  const layers = tars.map((tar) => {
    const blob = gzipSync(tar)
    return {
      digest: digestOf(blob),
      size: blob.length,
      diffId: digestOf(tar),
      uncompressedSize: tar.length,
      open: async function* () {
        yield blob
      },
    }
  })
  const nothing = { digest: digestOf(''), bytes: new Uint8Array() }
  const stored = { manifest: nothing.digest, config: nothing.digest, layers: [], bytes: 0 }
  return { platform: linuxPlatform('x64'), manifest: nothing, config: nothing, layers, bytes: 0, stored }
}

/** Every path below `root`, sorted: its mode in octal digits, and what it holds. Follows no link. */
export function describeTree(root: string): Readonly<Record<string, string>> {
  const describe = (path: string): readonly (readonly [string, string])[] =>
    readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
      const name = join(path, entry.name)
      if (entry.isSymbolicLink()) return [[name, `-> ${readlinkSync(join(root, name))}`] as const]
      const mode = (lstatSync(join(root, name)).mode & 0o7777).toString(8)
      if (entry.isDirectory()) return [[name, `${mode} /`] as const, ...describe(name)]
      return [[name, `${mode} ${readFileSync(join(root, name), 'utf8')}`] as const]
    })
  return Object.fromEntries(describe('').toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** @throws when a result is an error, with its text. */
export function valueOf<T>(result: Result<T, { readonly id: string; readonly message: string }>): T {
  if (result.ok) return result.value
  throw new Error(`${result.error.id}: ${result.error.message}`)
}

export const never: AbortSignal = new AbortController().signal
