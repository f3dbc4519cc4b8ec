import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDigester, type Digest, type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import type { Delivery, EmittedImage, ImageSink } from '@orchestrate/execute'
import { isMissing, outputError } from './file-errors.ts'
import { makeDirectory } from './make-directory.ts'
import { createQueue } from './queue.ts'
import { streamTrouble } from './stream-trouble.ts'
import { LostLayerError } from './layer-bytes.ts'
import { blobPath, decodeIndex, describeImage, encodeIndex, type IndexDescriptor, LAYOUT_MARK, mergeDescriptors } from './layout-index.ts'
import { writeFileAtomically } from './write-file.ts'

/**
 * Writes images into an OCI image layout, merged with what is there already. Concurrent deliveries to one sink are safe;
 * another process may read the layout at any moment, but must not write to it.
 *
 * A directory that is not empty and holds no layout is refused, and so are symlinks in place of the layout's own
 * directories (`image/output-refused`).
 *
 * @param directory absolute; made when it is missing.
 * @param destination how messages call it, `oci:DIR`.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
export function ociLayoutSink(directory: string, destination = `oci:${directory}`): ImageSink {
  const layout = new Layout(directory)
  return {
    destination,
    prepare: async (signal) => {
      try {
        return await layout.prepare(signal)
      } catch (error) {
        return err(streamTrouble(error, signal) ?? outputError(error, directory))
      }
    },
    deliver: async (image, references, signal) => {
      try {
        return await layout.deliver(image, references, signal)
      } catch (error) {
        return err(streamTrouble(error, signal) ?? outputError(error, directory))
      }
    },
  }
}

class Layout {
  readonly #directory: string
  readonly #inTurn = createQueue()

  constructor(directory: string) {
    this.#directory = directory
  }

  async deliver(image: EmittedImage, references: readonly string[], signal: AbortSignal): Promise<Result<Delivery, EnvironmentError>> {
    const prepared = await this.prepare(signal)
    if (!prepared.ok) return prepared
    let sentBytes = 0
    for (const layer of image.layers) sentBytes += await this.#putBlob(layer.digest, layer.size, () => layer.open(), signal)
    for (const { digest, bytes } of [image.config, image.manifest])
      sentBytes += await this.#putBlob(digest, bytes.length, () => [bytes], signal)
    // The index comes last: whoever reads the layout meanwhile finds everything that it names.
    const indexed = await this.#inTurn(() => this.#addToIndex(describeImage({ image, references }), signal))
    return indexed.ok ? ok({ references, sentBytes: sentBytes + indexed.value }) : indexed
  }

  async prepare(signal: AbortSignal): Promise<Result<void, EnvironmentError>> {
    const refusal = await this.#inTurn(() => this.#prepare(signal))
    return refusal === null ? ok(undefined) : err(refusal)
  }

  /** Makes the directories and the mark, or says why the directory may not be used. */
  async #prepare(signal: AbortSignal): Promise<EnvironmentError | null> {
    await makeDirectory(this.#directory)
    const refusal = (await this.#refuseSymlinks()) ?? (await this.#refuseForeign())
    if (refusal !== null) return refusal
    await makeDirectory(this.#path('blobs/sha256'))
    if ((await readOrNull(this.#path('oci-layout'))) === null) {
      await writeFileAtomically(this.#path('oci-layout'), [Buffer.from(LAYOUT_MARK)], { signal })
    }
    return null
  }

  async #refuseSymlinks(): Promise<EnvironmentError | null> {
    for (const path of ['', 'blobs', 'blobs/sha256', 'oci-layout', 'index.json']) {
      const stats = await lstatOrNull(this.#path(path))
      if (stats?.isSymbolicLink()) return this.#refused(`"${this.#path(path)}" is a symlink`)
    }
    return null
  }

  async #refuseForeign(): Promise<EnvironmentError | null> {
    const mark = await readOrNull(this.#path('oci-layout'))
    if (mark !== null) return mark.includes('"imageLayoutVersion"') ? null : this.#refused('its "oci-layout" is of another kind')
    const names = await readdir(this.#directory)
    return names.every((name) => name.startsWith('.orchestrate-')) ? null : this.#refused('it is not empty and holds no OCI layout')
  }

  /** Gives the bytes written: none when a blob of that name and size is there. */
  async #putBlob(
    digest: Digest,
    size: number,
    open: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<number> {
    const path = this.#path(blobPath(digest))
    const present = await lstatOrNull(path)
    if (present?.isFile() && present.size === size) return 0
    const digester = createDigester()
    const verify = (piece: Uint8Array | null) => {
      if (piece !== null) digester.update(piece)
      else if (digester.digest() !== digest) throw new LostLayerError(`the bytes of ${digest} have changed`)
    }
    return writeFileAtomically(path, open(), { signal, verify })
  }

  async #addToIndex(added: readonly IndexDescriptor[], signal: AbortSignal): Promise<Result<number, EnvironmentError>> {
    const path = this.#path('index.json')
    const before = await readOrNull(path)
    const present = before === null ? [] : decodeIndex(before)
    if (present === null) return err(this.#refused('its "index.json" is no OCI index'))
    const after = encodeIndex(mergeDescriptors(present, added))
    return ok(after === before ? 0 : await writeFileAtomically(path, [Buffer.from(after)], { signal }))
  }

  #path(relative: string): string {
    return join(this.#directory, relative)
  }

  #refused(why: string): EnvironmentError {
    return environmentError({
      id: 'image/output-refused',
      message: `will not write images to "${this.#directory}": ${why}`,
      help: 'choose a new or empty directory, or one that holds an OCI layout',
    })
  }
}

const lstatOrNull = (path: string) => nullWhenMissing(lstat(path))

const readOrNull = (path: string) => nullWhenMissing(readFile(path, 'utf8'))

async function nullWhenMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}
