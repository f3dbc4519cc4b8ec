import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ArchiveEntry, digestFromHex, type Digest, type Result, systemClock } from '@orchestrate/core'
import { openStore, type OpenStoreOptions } from '../src/open-store.ts'
import type { Store } from '../src/store.ts'
import type { TreeEntry } from '../src/tree.ts'

/** A store in a directory of its own, closed and removed on dispose. */
export interface TemporaryStore extends AsyncDisposable {
  /** Holds the store as `store`, and whatever a test puts beside it. */
  readonly directory: string
  readonly store: Store
  /** Another store on the same root, as another process would have it. */
  open(options?: Partial<OpenStoreOptions>): Promise<Store>
}

export async function temporaryStore(options: Partial<OpenStoreOptions> = {}): Promise<TemporaryStore> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'store-test-')))
  const opened: Store[] = []
  const open = async (more: Partial<OpenStoreOptions> = {}): Promise<Store> => {
    const store = valueOf(await openStore({ root: join(directory, 'store'), clock: systemClock, ...options, ...more }))
    opened.push(store)
    return store
  }
  return {
    directory,
    store: await open(),
    open,
    [Symbol.asyncDispose]: async () => {
      for (const store of opened) await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** @throws when a result is an error, with its text. */
export function valueOf<T>(result: Result<T, { readonly id: string; readonly message: string }>): T {
  if (result.ok) return result.value
  throw new Error(`${result.error.id}: ${result.error.message}`)
}

export const text = (content: string): Uint8Array => Buffer.from(content)

/** Every file below `directory` by relative path, sorted. */
export function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()
}

export async function readAll(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A digest that no content has in any test. */
export const digestNumber = (number: number): Digest => digestFromHex(number.toString(16).padStart(64, '0'))

/** A tree's file whose content is in the store. */
export async function storedFile(
  store: Store,
  path: string,
  content: string,
  executable = false,
): Promise<Extract<TreeEntry, { readonly type: 'file' }>> {
  const { digest, size } = valueOf(await store.blobs.put(content, { executable }))
  return { type: 'file', path, digest, size, executable }
}

/** An archive entry; `content` is a file's text, `linkName` a link's target. */
export function archiveEntry(
  path: string,
  fields: Partial<Omit<ArchiveEntry, 'content'>> & { readonly content?: string } = {},
): ArchiveEntry {
  const bytes = text(fields.content ?? '')
  return { type: 'file', mode: 0o644, size: bytes.length, linkName: '', ...fields, path, content: once(bytes) }
}

export async function* archive(...entries: readonly ArchiveEntry[]): AsyncGenerator<ArchiveEntry> {
  yield* entries
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
