import { compareCodeUnits } from '@orchestrate/core'
import type { ImageRun } from '@orchestrate/execute'

/** What an image says about its process. */
export interface ImageProcess {
  /** Entrypoint and what follows it; empty when the image has neither. */
  readonly argv: readonly string[]
  readonly env: ReadonlyMap<string, string>
  /** Absolute. */
  readonly workdir: string
  /** As it is written in the image; null for uid 0. */
  readonly user: string | null
  /** `8080/tcp` and its like, sorted. */
  readonly ports: readonly string[]
}

/** What engines put into the environment of an image that has no PATH. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Reads the config of an image as engines do: arguments take the place of Cmd and never of Entrypoint, the request's variables
 * are stronger than the image's.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 */
export function readImageProcess({ image, service, args, env }: Pick<ImageRun, 'image' | 'service' | 'args' | 'env'>): ImageProcess {
  const config = fieldOf(JSON.parse(Buffer.from(image.config.bytes).toString('utf8')), 'config')
  const variables = textsIn(fieldOf(config, 'Env')).map((variable): [string, string] => {
    const equals = variable.indexOf('=')
    return equals < 0 ? [variable, ''] : [variable.slice(0, equals), variable.slice(equals + 1)]
  })
  return {
    argv: [...textsIn(fieldOf(config, 'Entrypoint')), ...(args ?? textsIn(fieldOf(config, 'Cmd')))],
    env: new Map([['PATH', DEFAULT_PATH], ['HOSTNAME', service], ...variables, ...env]),
    workdir: textIn(fieldOf(config, 'WorkingDir')) ?? '/',
    user: textIn(fieldOf(config, 'User')),
    ports: Object.keys(fieldOf(config, 'ExposedPorts') ?? {}).toSorted(compareCodeUnits),
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
