import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Writes a file whole or not at all: a temporary file in the same directory, fsync, rename. Gives its size in bytes.
 * A symlink at `path` is replaced, never followed. `verify` may refuse the content by throwing, before it appears.
 */
export async function writeFileAtomically(
  path: string,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: { readonly signal: AbortSignal; readonly verify?: (piece: Uint8Array | null) => void },
): Promise<number> {
  const temporary = join(dirname(path), `.orchestrate-${randomUUID()}.tmp`)
  const file = await open(temporary, 'wx', 0o644)
  try {
    const size = await writeAll(file, content, options)
    await file.sync()
    await file.close()
    await rename(temporary, path)
    return size
  } catch (error) {
    await file.close()
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeAll(
  file: FileHandle,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { signal, verify }: { readonly signal: AbortSignal; readonly verify?: (piece: Uint8Array | null) => void },
): Promise<number> {
  let size = 0
  for await (const piece of content) {
    signal.throwIfAborted()
    verify?.(piece)
    for (let offset = 0; offset < piece.length; ) offset += (await file.write(piece, offset)).bytesWritten
    size += piece.length
  }
  verify?.(null)
  return size
}
