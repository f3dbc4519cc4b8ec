import { Readable } from 'node:stream'
import type { ArchiveEntry } from '@orchestrate/core'
import { EngineStreamError } from '@orchestrate/execute'
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'

/**
 * Reads the archive of a directory as the engine streams it, one entry at a time, without ever holding more than a few chunks.
 * `root` is the directory's own name, which the engine puts before every path. Names are passed on as they are written,
 * but for one that is not UTF-8, which comes with half of a surrogate pair in it.
 *
 * @throws EngineStreamError when the archive is cut or malformed.
 */
export async function* readArchive(archive: Readable, root: string): AsyncGenerator<ArchiveEntry> {
  const decoder = createTarDecoder({ strict: true })
  const reader = Readable.toWeb(archive).pipeThrough(decoder).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const entry = toEntry(value, root)
      if (entry !== null) yield entry
      // Whoever takes the next entry without having read this one has no use for its content.
      await value.body.cancel().catch(() => undefined)
    }
  } catch (cause) {
    throw broken(cause)
  } finally {
    await reader.cancel().catch(() => undefined)
    archive.destroy()
  }
}

const TYPES: { readonly [type: string]: ArchiveEntry['type'] } = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'hardlink',
}

/** Null for the root itself. */
function toEntry({ header, body }: ParsedTarEntry, root: string): ArchiveEntry | null {
  const type = TYPES[header.type ?? 'file'] ?? 'other'
  const path = withoutRoot(header.name, root)
  if (path === '' && type === 'directory') return null
  return {
    path: type === 'directory' ? path.replace(/\/$/, '') : path,
    type,
    mode: (header.mode ?? 0) & 0o7777,
    size: type === 'file' ? header.size : 0,
    linkName:
      type === 'hardlink' ? withoutRoot(header.linkname ?? '', root) : type === 'symlink' ? keepUnreadable(header.linkname ?? '') : '',
    content: readContent(body as AsyncIterable<Uint8Array>),
  }
}

async function* readContent(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (cause) {
    throw broken(cause)
  }
}

function broken(cause: unknown): EngineStreamError {
  return new EngineStreamError("the archive of the builder's outputs ended early or is malformed", { cause })
}

function withoutRoot(name: string, root: string): string {
  if (name === root || name === `${root}/`) return ''
  return keepUnreadable(name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name)
}

/**
 * The decoder writes a replacement character for bytes that are not UTF-8. Such a name is not the file's, and two files could get
 * the same: half of a surrogate pair in its place makes the store reject it.
 */
function keepUnreadable(name: string): string {
  return name.replaceAll('\uFFFD', '\uDCFD')
}
