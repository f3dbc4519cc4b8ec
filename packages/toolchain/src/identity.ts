import { canonicalJson, type Digest, digestOf, formatPlatform } from '@orchestrate/core'
import type { RootDescription } from './toolchain.ts'

/**
 * The identity of a root file system: SHA-256 of the canonical JSON of its ordered DiffIDs, env, user, workdir and platform.
 * Nothing of an engine or of an image store enters it, so that each of them agrees on it.
 */
export function toolchainIdentity(root: RootDescription): Digest {
  return digestOf(
    canonicalJson({
      domain: 'orchestrate/toolchain',
      version: 1,
      diffIds: root.diffIds,
      env: Object.fromEntries(root.env),
      user: root.user,
      workdir: root.workdir,
      platform: formatPlatform(root.platform),
    }),
  )
}
