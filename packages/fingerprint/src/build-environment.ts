import type { Build, ToolchainDeclaration } from '@orchestrate/config'
import { compareCodeUnits, formatPlatform, type Platform } from '@orchestrate/core'

/**
 * 1980-01-02T00:00:00Z, in seconds since the Unix epoch: what builders see as SOURCE_DATE_EPOCH.
 * A day after the oldest time that zip can hold, whatever the time zone.
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export const SOURCE_DATE_EPOCH = 315_619_200

/**
 * The environment of a builder, sorted by name: what is hashed is what is run.
 * The build's own variables replace the toolchain's, and these the ones that every builder has.
 * Only what belongs to the root file system (PATH) is missing; it lies below, and is part of the toolchain's identity.
 */
export function buildEnvironment(build: Build, toolchain: ToolchainDeclaration, platform: Platform): ReadonlyMap<string, string> {
  const merged = new Map([...commonEnvironment(platform), ...toolchain.env, ...build.env])
  return new Map([...merged].toSorted(([a], [b]) => compareCodeUnits(a, b)))
}

function commonEnvironment(platform: Platform): ReadonlyMap<string, string> {
  return new Map([
    ['HOME', '/root'],
    ['LANG', 'C.UTF-8'],
    ['SOURCE_DATE_EPOCH', String(SOURCE_DATE_EPOCH)],
    ['TARGETARCH', platform.architecture],
    ['TARGETOS', platform.os],
    ['TARGETPLATFORM', formatPlatform(platform)],
    ['TARGETVARIANT', platform.variant ?? ''],
    ['TZ', 'UTC'],
  ])
}
