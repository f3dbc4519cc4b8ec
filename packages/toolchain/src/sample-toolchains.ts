import type { DebianSource, ToolchainDeclaration } from '@orchestrate/config'
import { digestOf, linuxPlatform } from '@orchestrate/core'
import { toolchainIdentity } from './identity.ts'
import type { LockedSource, LockEntry, RootDescription } from './toolchain.ts'

/** Declarations and entries in a few words, for the tests of this package. */
export const samplePlatform = linuxPlatform('x64')

export function sampleDeclaration(name: string, source: ToolchainDeclaration['source']): ToolchainDeclaration {
  return { name, span: { file: 'builder.yaml', offset: 10, length: name.length }, source, env: new Map(), caches: new Map() }
}

export function debianSource(packages: readonly string[], fields: Partial<DebianSource> = {}): DebianSource {
  return { kind: 'debian', suite: 'trixie', packages, mirror: null, snapshot: null, ...fields }
}

/** An entry whose only layer is the digest of `layer`. */
export function sampleEntry(source: LockedSource, layer = 'layer'): LockEntry {
  const root: RootDescription = {
    diffIds: [digestOf(layer)],
    env: new Map([['PATH', '/usr/bin:/bin']]),
    user: null,
    workdir: null,
    platform: samplePlatform,
  }
  return { identity: toolchainIdentity(root), root, size: 5120, source }
}
