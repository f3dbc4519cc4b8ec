import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { type Digest, digestHex, type EnvironmentError, err, isDigest, ok, type Result } from '@orchestrate/core'
import { isMissing, outputError } from './file-errors.ts'
import type { LayerFacts } from './layer-bytes.ts'

/** What was found out about a layer once, so that its bytes need not be hashed at every emission. */
export interface RememberedLayer extends LayerFacts {
  /** Blob of the `LayerListing` of a base layer; null for a layer of our own making. */
  readonly listing: Digest | null
}

/**
 * Small files beside the blobs, by the blob that a layer is made from. Losing them costs time only: what cannot be read
 * counts as not known.
 */
export interface LayerMemory {
  recall(source: Digest): Promise<RememberedLayer | null>
  remember(source: Digest, layer: RememberedLayer): Promise<Result<void, EnvironmentError>>
}

/** @param directory absolute; made with mode 0700 when something is first remembered. */
export function createLayerMemory(directory: string): LayerMemory {
  const fileOf = (source: Digest) => join(directory, digestHex(source).slice(0, 2), `${digestHex(source)}.json`)
  return {
    recall: async (source) => parseRemembered(await readOrNull(fileOf(source))),
    remember: async (source, layer) => {
      const file = fileOf(source)
      const temporary = `${file}.${randomUUID()}.tmp`
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 })
        await writeFile(temporary, JSON.stringify({ schema: SCHEMA, ...layer }), { flag: 'wx', mode: 0o600 })
        await rename(temporary, file)
        return ok(undefined)
      } catch (error) {
        return err(outputError(error, directory))
      }
    },
  }
}

const SCHEMA = 1

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function parseRemembered(text: string | null): RememberedLayer | null {
  const value = text === null ? null : parseJson(text)
  if (typeof value !== 'object' || value === null) return null
  const { schema, digest, size, diffId, uncompressedSize, listing } = value as Readonly<Record<string, unknown>>
  if (
    schema !== SCHEMA ||
    !isDigestValue(digest) ||
    !isDigestValue(diffId) ||
    typeof size !== 'number' ||
    typeof uncompressedSize !== 'number'
  )
    return null
  if (listing !== null && !isDigestValue(listing)) return null
  return { digest, size, diffId, uncompressedSize, listing }
}

const isDigestValue = (value: unknown): value is Digest => typeof value === 'string' && isDigest(value)

/** A file cut short by a power cut is no JSON, and counts as absent. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
