import type { ToolchainDeclaration } from '@orchestrate/config'
import { compareCodeUnits, type EnvironmentError, environmentError } from '@orchestrate/core'
import type { LockEntry } from '../toolchain.ts'

/** `--locked` and a toolchain without an entry. */
export function missingEntry(name: string): EnvironmentError {
  return environmentError({
    kind: 'integrity',
    id: 'lock/missing-entry',
    message: `builder.lock has no entry for toolchain "${name}"`,
    help: 'run `orchestrate lock` and commit builder.lock, or leave out --locked',
  })
}

/** An error when a root file system that was made or found anew is not the locked one, or null. */
export function compareIdentity({ name, source }: ToolchainDeclaration, locked: LockEntry, found: LockEntry): EnvironmentError | null {
  if (found.identity === locked.identity) return null
  const update = `run \`orchestrate lock --update ${name}\` to accept it`
  return environmentError({
    kind: 'integrity',
    id: 'toolchain/identity-differs',
    message: `${WHAT[source.kind](name, source.kind === 'image' ? source.reference : '')} is not the one that builder.lock holds`,
    details: rootDifferences(locked, found),
    help: source.kind === 'image' ? `${update}, or let the engine have the locked image again` : update,
  })
}

const WHAT: Readonly<Record<ToolchainDeclaration['source']['kind'], (name: string, reference: string) => string>> = {
  debian: (name) => `toolchain "${name}", bootstrapped from the locked package versions,`,
  archive: (name) => `the image on disk of toolchain "${name}"`,
  rootfs: (name) => `the archive of toolchain "${name}"`,
  image: (name, reference) => `the image "${reference}" of toolchain "${name}"`,
}

function rootDifferences(locked: LockEntry, found: LockEntry): readonly string[] {
  const now = new Map(rootFields(found))
  return [
    `locked identity ${locked.identity}, found ${found.identity}`,
    ...rootFields(locked)
      .filter(([name, value]) => now.get(name) !== value)
      .map(([name, value]) => `${name}: locked ${value}, found ${now.get(name) ?? 'none'}`),
  ]
}

function rootFields({ root }: LockEntry): readonly (readonly [string, string])[] {
  const env = [...root.env].map(([name, value]) => `${name}=${value}`).toSorted(compareCodeUnits)
  return [
    ['layers', root.diffIds.join(' ')],
    ['env', env.join(' ')],
    ['user', root.user ?? 'none'],
    ['workdir', root.workdir ?? 'none'],
  ]
}
