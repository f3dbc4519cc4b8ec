import { createGunzip } from 'node:zlib'

/** @throws what zlib says of content that is not gzip, and what `content` throws. */
export async function* gunzip(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const tar = createGunzip()
  const fed = feed(content, tar)
  try {
    yield* tar
    await fed
  } finally {
    tar.destroy()
  }
}

/** Never rejects: what goes wrong ends the reading side. */
async function feed(content: AsyncIterable<Uint8Array>, tar: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const piece of content) {
      if (tar.destroyed) return
      if (!tar.write(piece)) await new Promise<void>((resolve) => tar.once('drain', resolve).once('close', resolve))
    }
    tar.end()
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}
