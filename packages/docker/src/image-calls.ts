import { type Digest, parseDigest, type Platform } from '@orchestrate/core'
import { ApiError, type DockerApi } from './docker-api.ts'
import { numberAt, optionalTextAt, textAt, textsAt, UnexpectedAnswer } from './json-value.ts'

/** An image as the engine describes it. */
export interface InspectedImage {
  readonly id: string
  readonly diffIds: readonly Digest[]
  readonly platform: Platform
  readonly env: ReadonlyMap<string, string>
  readonly user: string | null
  readonly workdir: string | null
  /** Bytes. */
  readonly size: number
}

/** What `reference` (a name or an id) is in the engine, or null when it is nothing. */
export async function inspectImage(api: DockerApi, reference: string, signal: AbortSignal): Promise<InspectedImage | null> {
  const answer = await orNull(api.json({ method: 'GET', path: `/images/${encodeReference(reference)}/json`, signal }))
  if (answer === null) return null
  return {
    id: textAt(answer, 'Id'),
    diffIds: textsAt(answer, 'RootFS', 'Layers').map(toDigest),
    platform: { os: textAt(answer, 'Os'), architecture: textAt(answer, 'Architecture'), variant: optionalTextAt(answer, 'Variant') },
    env: new Map(textsAt(answer, 'Config', 'Env').map(splitVariable)),
    user: optionalTextAt(answer, 'Config', 'User'),
    workdir: optionalTextAt(answer, 'Config', 'WorkingDir'),
    size: numberAt(answer, 'Size'),
  }
}

/** The answer, or null when what was asked for does not exist. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError && error.statusCode === 404) return null
    throw error
  }
}

/** Slashes stay: the engine's routes take whole references. */
export function encodeReference(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/')
}

function toDigest(text: string): Digest {
  const digest = parseDigest(text)
  if (digest === null) throw new UnexpectedAnswer(`the engine calls a layer ${JSON.stringify(text)}`)
  return digest
}

function splitVariable(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  return equals === -1 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}
