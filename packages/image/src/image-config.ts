import type { Healthcheck, Image } from '@orchestrate/config'
import { canonicalJson, type CanonicalValue, compareCodeUnits, type Platform } from '@orchestrate/core'
import type { EmissionRequest } from '@orchestrate/execute'
import type { StoredLayer } from '@orchestrate/store'

/** `base`: a layer of the file system below the image's own files; `layer`: one of the image's layers by name. */
export type LayerOrigin = { readonly kind: 'base' } | { readonly kind: 'files'; readonly layer: string | null }

/**
 * The exact bytes of an image's config: canonical JSON, so that equal images have equal ids. No host names, no clock.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
export function encodeConfig(
  request: Pick<EmissionRequest, 'image' | 'platform'>,
  base: ProcessDefaults,
  layers: readonly { readonly layer: StoredLayer; readonly origin: LayerOrigin }[],
): string {
  const created = timestamp(request.image.created)
  const { os, architecture, variant } = request.platform
  return canonicalJson({
    architecture,
    config: processDefaults(request.image, base),
    created,
    history: layers.map(({ origin }) => ({ created, created_by: `orchestrate: ${describeOrigin(origin)}` })),
    os,
    rootfs: { type: 'layers', diff_ids: layers.map(({ layer }) => layer.diffId) },
    ...(variant === null ? {} : { variant }),
  })
}

function describeOrigin(origin: LayerOrigin): string {
  if (origin.kind === 'base') return 'base'
  return origin.layer === null ? 'files' : `files of layer ${origin.layer}`
}

/** What a base says about processes, and an image inherits. */
export interface ProcessDefaults {
  readonly env: ReadonlyMap<string, string>
  readonly user: string | null
  readonly workdir: string | null
}

/** What an image that is based on another one inherits; null when `text` is no config of ours. */
export function defaultsOfConfig(text: string): ProcessDefaults | null {
  const document: unknown = JSON.parse(text)
  if (!isObject(document) || !isObject(document['config'])) return null
  const { Env: env = [], User: user, WorkingDir: workdir } = document['config']
  if (!Array.isArray(env)) return null
  return {
    env: new Map(env.map(String).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    user: typeof user === 'string' ? user : null,
    workdir: typeof workdir === 'string' ? workdir : null,
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

/** The platform that a config was made for, or null when `text` is no config. */
export function platformOfConfig(text: string): Platform | null {
  const config: unknown = JSON.parse(text)
  if (typeof config !== 'object' || config === null || !('os' in config) || !('architecture' in config)) return null
  const { os, architecture } = config
  const variant = 'variant' in config ? config.variant : null
  if (typeof os !== 'string' || typeof architecture !== 'string') return null
  return { os, architecture, variant: typeof variant === 'string' ? variant : null }
}

/** What the runtime does when nobody says otherwise; the base's defaults below the image's own. */
function processDefaults(image: Image, base: ProcessDefaults): CanonicalValue {
  const env = new Map([...base.env, ...image.env])
  const user = image.user ?? base.user
  const workdir = image.workdir ?? base.workdir
  return {
    ...(image.cmd === null ? {} : { Cmd: image.cmd }),
    ...(image.entrypoint === null ? {} : { Entrypoint: image.entrypoint }),
    ...(env.size === 0 ? {} : { Env: Array.from(env, ([name, value]) => `${name}=${value}`).toSorted(compareCodeUnits) }),
    ...(image.ports.length === 0 ? {} : { ExposedPorts: Object.fromEntries(image.ports.map((port) => [port, {}])) }),
    ...(image.healthcheck === null ? {} : { Healthcheck: encodeHealthcheck(image.healthcheck) }),
    ...(image.labels.size === 0 ? {} : { Labels: Object.fromEntries(image.labels) }),
    ...(image.stopSignal === null ? {} : { StopSignal: image.stopSignal }),
    ...(user === null ? {} : { User: user }),
    ...(image.volumes.length === 0 ? {} : { Volumes: Object.fromEntries(image.volumes.map((volume) => [volume, {}])) }),
    ...(workdir === null ? {} : { WorkingDir: workdir }),
  }
}

/**
 * Docker's extension of the config, times in nanoseconds; what is left out is the engine's default.
 * @see https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#image-json-field-descriptions
 */
function encodeHealthcheck({ test, interval, timeout, startPeriod, retries }: Healthcheck): CanonicalValue {
  return {
    Test: test.kind === 'exec' ? ['CMD', ...test.argv] : ['CMD-SHELL', test.command],
    ...(interval === null ? {} : { Interval: interval * NANOSECONDS }),
    ...(timeout === null ? {} : { Timeout: timeout * NANOSECONDS }),
    ...(startPeriod === null ? {} : { StartPeriod: startPeriod * NANOSECONDS }),
    ...(retries === null ? {} : { Retries: retries }),
  }
}

/** In a millisecond. */
const NANOSECONDS = 1_000_000

/** RFC 3339 without fractions. */
const timestamp = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
