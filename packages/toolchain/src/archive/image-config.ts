import { type Digest, formatPlatform, type Platform } from '@orchestrate/core'
import type { RootDescription } from '../toolchain.ts'
import { ArchiveFault, invalid } from './archive-fault.ts'
import { digestIn, isObject, optionalString, parseObject, strings } from './json-fields.ts'

/**
 * The root file system that an image's config describes: what an engine that has the image says of it.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
 * @throws ArchiveFault
 */
export function rootOfConfig(text: string, wanted: Platform): RootDescription {
  const document = parseObject(text, 'the config')
  const { rootfs, config } = document
  if (!isObject(rootfs)) throw invalid('the config has no "rootfs"')
  const diffIds = strings(rootfs, 'diff_ids', 'the config').map((id): Digest => digestIn(id, 'a layer of the config'))
  if (diffIds.length === 0) throw invalid('the config names no layers')
  const defaults = isObject(config) ? config : {}
  const platform = platformOf(optionalString(document, 'os'), optionalString(document, 'architecture'), optionalString(document, 'variant'))
  if (platform.os !== wanted.os || platform.architecture !== wanted.architecture)
    throw new ArchiveFault('unusable', `it is for ${formatPlatform(platform)}, and ${formatPlatform(wanted)} is wanted`)
  return {
    diffIds,
    env: new Map(strings(defaults, 'Env', 'the config').map(splitVariable)),
    user: optionalString(defaults, 'User'),
    workdir: optionalString(defaults, 'WorkingDir'),
    platform,
  }
}

function platformOf(os: string | null, architecture: string | null, variant: string | null): Platform {
  if (os === null || architecture === null) throw invalid('the config names no platform')
  return { os, architecture, variant }
}

function splitVariable(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  return equals === -1 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
}
