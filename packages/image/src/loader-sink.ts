import { type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import type { Delivery, EmittedImage, ExpectedDelivery, ImageLoader, ImageSink, LoadedImage } from '@orchestrate/execute'
import { type BegunArchive, beginArchive } from './begun-archive.ts'
import { archiveHead, dockerArchive } from './docker-archive.ts'
import { streamTrouble } from './stream-trouble.ts'

/**
 * Loads images into an engine, sending as little as that engine allows: nothing when the names already mean this image,
 * only names when the image is there, no layers that the engine holds; the whole archive when it refuses less.
 * What the engine then answers for each name is checked: `image/load-refused`, `image/load-mismatch`.
 */
export function loaderSink(loader: ImageLoader): ImageSink {
  const uploads = { open: 0 }
  return {
    destination: loader.destination,
    // The engine has answered already, or there would be no loader.
    prepare: async () => ok(undefined),
    deliver: (image, references, signal) => new Loading(loader, { image, references, signal, upload: null }).run(),
    expect: (signal) => (uploads.open < MOST_EXPECTED ? expectImage(loader, uploads, signal) : null),
  }
}

/** Uploads that wait for their images, at most: each is a process of the engine. */
const MOST_EXPECTED = 2

/** An upload that has begun, and what the engine answers in the end. */
interface Upload extends Pick<BegunArchive, 'send' | 'abandon'> {
  readonly answer: ReturnType<ImageLoader['load']>
}

/** Begins an upload, for which an engine starts a process of its own: by the time the image is hashed, that is there. */
function expectImage(loader: ImageLoader, uploads: { open: number }, signal: AbortSignal): ExpectedDelivery {
  const { content, send, abandon } = beginArchive()
  const answer = loader.load(content, signal)
  // Abandoned, it ends as it likes.
  answer.catch(() => undefined)
  uploads.open += 1
  const close = (): void => {
    abandon()
    uploads.open -= 1
  }
  return {
    deliver: async (image, references) => {
      try {
        return await new Loading(loader, { image, references, signal, upload: { send, abandon, answer } }).run()
      } finally {
        close()
      }
    },
    abandon: close,
  }
}

/** Bytes of a single layer from which on asking an engine about every image that it has costs less than sending the layer. */
const WORTH_ASKING = 64 * 1024 * 1024

/** A single layer holds the image's own files, which hardly ever are those of another image. */
function mayShareLayers({ layers }: EmittedImage): boolean {
  return layers.length > 1 || layers.some((layer) => layer.uncompressedSize >= WORTH_ASKING)
}

interface LoadingRequest {
  readonly image: EmittedImage
  readonly references: readonly string[]
  readonly signal: AbortSignal
  /** One that has begun, for the first archive. */
  readonly upload: Upload | null
}

class Loading {
  readonly #loader: ImageLoader
  readonly #request: LoadingRequest
  #upload: Upload | null
  #sentBytes = 0

  constructor(loader: ImageLoader, request: LoadingRequest) {
    this.#loader = loader
    this.#request = request
    this.#upload = request.upload
  }

  async run(): Promise<Result<Delivery, EnvironmentError>> {
    const named = await this.#findNames()
    if (!named.ok) return named
    const done = named.value.present === null ? await this.#send() : await this.#tag(named.value.present, named.value.missing)
    return done.ok ? ok({ references: this.#request.references, sentBytes: this.#sentBytes }) : done
  }

  /** Which names do not mean this image yet, and its id in the engine when at least one does. */
  async #findNames(): Promise<Result<{ readonly present: string | null; readonly missing: readonly string[] }, EnvironmentError>> {
    let present: string | null = null
    const missing: string[] = []
    for (const reference of this.#request.references) {
      const found = await this.#loader.find(reference, this.#request.signal)
      if (!found.ok) return found
      if (found.value !== null && this.#isThisImage(found.value)) present = found.value.id
      else missing.push(reference)
    }
    return ok({ present, missing })
  }

  async #tag(id: string, references: readonly string[]): Promise<Result<void, EnvironmentError>> {
    for (const reference of references) {
      const tagged = await this.#loader.tag(id, reference, this.#request.signal)
      if (!tagged.ok) return tagged
    }
    return ok(undefined)
  }

  async #send(): Promise<Result<void, EnvironmentError>> {
    const { image, signal } = this.#request
    const diffIds = image.layers.map((layer) => layer.diffId)
    const present = mayShareLayers(image) ? await this.#loader.countPresentLayers(diffIds, signal) : ok(0)
    if (!present.ok) return present
    if (present.value > 0) {
      const partial = await this.#load(present.value)
      // The layers may have been removed since they were counted, or this engine wants them all.
      if (!partial.ok || (partial.value.accepted && (await this.#isLoaded()))) return partial.ok ? ok(undefined) : partial
    }
    const whole = await this.#load(0)
    if (!whole.ok) return whole
    return whole.value.accepted ? this.#verify() : err(this.#refused(whole.value.message))
  }

  async #load(omitLayers: number): Promise<Result<{ readonly accepted: boolean; readonly message: string }, EnvironmentError>> {
    const { image, references, signal } = this.#request
    const upload = this.#upload
    this.#upload = null
    const broken: { error: unknown } = { error: null }
    const archive = this.#counted(dockerArchive(image, references, { omitLayers, afterHead: upload !== null }), broken)
    try {
      if (upload !== null) {
        upload.send(archive)
        this.#sentBytes += archiveHead().length
      }
      return this.#orBroken(await (upload?.answer ?? this.#loader.load(archive, signal)), broken)
    } catch (error) {
      const trouble = streamTrouble(error, signal)
      if (trouble === null) throw error
      return err(trouble)
    }
  }

  /** A loader may report an archive that broke off in its own words; the cause is what we saw. */
  #orBroken<T>(result: Result<T, EnvironmentError>, broken: { readonly error: unknown }): Result<T, EnvironmentError> {
    const trouble = broken.error === null ? null : streamTrouble(broken.error, this.#request.signal)
    return trouble === null ? result : err(trouble)
  }

  async *#counted(archive: AsyncIterable<Uint8Array>, broken: { error: unknown }): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of archive) {
        this.#sentBytes += piece.length
        yield piece
      }
    } catch (error) {
      broken.error = error
      throw error
    }
  }

  async #isLoaded(): Promise<boolean> {
    return (await this.#verify()).ok
  }

  async #verify(): Promise<Result<void, EnvironmentError>> {
    for (const reference of this.#request.references) {
      const found = await this.#loader.find(reference, this.#request.signal)
      if (!found.ok) return found
      if (found.value === null || !this.#isThisImage(found.value)) return err(this.#mismatch(reference, found.value))
    }
    return ok(undefined)
  }

  /** The id is the config's digest on classic image stores, the manifest's on containerd's. */
  #isThisImage(found: LoadedImage): boolean {
    const { config, manifest } = this.#request.image
    return found.id === config.digest || found.id === manifest.digest
  }

  #refused(message: string): EnvironmentError {
    return environmentError({
      id: 'image/load-refused',
      message: `${this.#loader.destination} refused image "${this.#request.references[0]}": ${message}`,
      help: 'see the log of the engine',
    })
  }

  #mismatch(reference: string, found: LoadedImage | null): EnvironmentError {
    const { config, manifest } = this.#request.image
    return environmentError({
      id: 'image/load-mismatch',
      message: `${this.#loader.destination} accepted image "${reference}", but ${found === null ? 'does not have it' : 'has another one under that name'}`,
      details: [`expected: ${config.digest} (config) or ${manifest.digest} (manifest)`, `found: ${found?.id ?? 'nothing'}`],
      help: 'another run may have loaded an image of the same name: run orchestrate apply again',
    })
  }
}
