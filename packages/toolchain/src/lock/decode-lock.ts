import { type Diagnostic, diagnostic, type Digest, err, isDigest, ok, type Platform, type Result } from '@orchestrate/core'
import { toolchainIdentity } from '../identity.ts'
import type { Lock, LockedSource, LockEntry, RootDescription } from '../toolchain.ts'
import { JsonSyntaxError, type LocatedJson, parseLocatedJson } from './located-json.ts'

/** Name of the lock file at the workspace root. */
export const LOCK_FILE = 'builder.lock'

/** The entries that a text of builder.lock holds; the first thing wrong in it is the finding `lock/malformed`. */
export function decodeLock(text: string): Result<Lock, Diagnostic[]> {
  try {
    return ok(lockIn(parseLocatedJson(text)))
  } catch (error) {
    if (error instanceof JsonSyntaxError) return err([malformed(error.message, error.offset, 1)])
    if (error instanceof DecodeError) return err([malformed(error.message, error.at.offset, error.at.length)])
    throw error
  }
}

class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly at: LocatedJson

  constructor(at: LocatedJson, message: string) {
    super(message)
    this.at = at
  }
}

function malformed(message: string, offset: number, length: number): Diagnostic {
  return diagnostic({
    id: 'lock/malformed',
    message: `builder.lock cannot be read: ${message}`,
    span: { file: LOCK_FILE, offset, length },
    help: 'resolve a merge conflict if there is one; otherwise delete builder.lock and run `orchestrate lock`',
  })
}

function lockIn(json: LocatedJson): Lock {
  const root = object(json)
  const version = member(json, root, 'version')
  if (version.kind !== 'number' || version.value !== 1) throw new DecodeError(version, 'expected version 1')
  const toolchains = object(member(json, root, 'toolchains'))
  return { entries: new Map([...toolchains].map(([name, entry]) => [name, entryIn(entry)])) }
}

function entryIn(json: LocatedJson): LockEntry {
  const fields = object(json)
  const root: RootDescription = {
    diffIds: list(member(json, fields, 'diffIds')).map(digest),
    env: strings(member(json, fields, 'env')),
    user: stringOrNull(member(json, fields, 'user')),
    workdir: stringOrNull(member(json, fields, 'workdir')),
    platform: platform(member(json, fields, 'platform')),
  }
  const written = member(json, fields, 'identity')
  const identity = digest(written)
  if (identity !== toolchainIdentity(root)) throw new DecodeError(written, 'the identity is not that of the entry below it')
  return { identity, root, size: size(member(json, fields, 'size')), source: sourceIn(member(json, fields, 'source')) }
}

function sourceIn(json: LocatedJson): LockedSource {
  const fields = object(json)
  const kind = member(json, fields, 'kind')
  switch (string(kind)) {
    case 'debian':
      return {
        kind: 'debian',
        suite: string(member(json, fields, 'suite')),
        mirror: stringOrNull(member(json, fields, 'mirror')),
        snapshot: stringOrNull(member(json, fields, 'snapshot')),
        packages: list(member(json, fields, 'packages')).map(string),
        versions: versions(member(json, fields, 'versions')),
      }
    case 'image':
      return { kind: 'image', reference: string(member(json, fields, 'reference')) }
    case 'archive':
      return { kind: 'archive', path: string(member(json, fields, 'path')), archive: digest(member(json, fields, 'archive')) }
    case 'rootfs':
      return { kind: 'rootfs', path: string(member(json, fields, 'path')), archive: digest(member(json, fields, 'archive')) }
    default:
      throw new DecodeError(kind, 'expected "archive", "debian", "image" or "rootfs"')
  }
}

function object(json: LocatedJson): ReadonlyMap<string, LocatedJson> {
  if (json.kind !== 'object') throw new DecodeError(json, 'expected an object')
  return json.members
}

function member(json: LocatedJson, members: ReadonlyMap<string, LocatedJson>, name: string): LocatedJson {
  const value = members.get(name)
  if (value === undefined) throw new DecodeError(json, `expected the key "${name}"`)
  return value
}

function list(json: LocatedJson): readonly LocatedJson[] {
  if (json.kind !== 'list') throw new DecodeError(json, 'expected a list')
  return json.items
}

function string(json: LocatedJson): string {
  if (json.kind !== 'string') throw new DecodeError(json, 'expected a string')
  return json.value
}

function stringOrNull(json: LocatedJson): string | null {
  return json.kind === 'literal' && json.value === null ? null : string(json)
}

function strings(json: LocatedJson): ReadonlyMap<string, string> {
  return new Map([...object(json)].map(([name, value]) => [name, string(value)]))
}

/** Names and versions become words of commands, so they must be what Debian policy (5.6.7, 5.6.12) allows. */
function versions(json: LocatedJson): ReadonlyMap<string, string> {
  for (const [name, version] of object(json)) {
    if (!/^[a-z0-9][a-z0-9+.-]+$/.test(name)) throw new DecodeError(version, `${JSON.stringify(name)} is not a package name`)
    if (!/^[0-9A-Za-z][0-9A-Za-z.+:~-]*$/.test(string(version))) throw new DecodeError(version, 'expected a package version')
  }
  return strings(json)
}

function digest(json: LocatedJson): Digest {
  const text = string(json)
  if (!isDigest(text)) throw new DecodeError(json, 'expected "sha256:" and 64 hexadecimal digits')
  return text
}

function size(json: LocatedJson): number {
  if (json.kind !== 'number' || !Number.isSafeInteger(json.value) || json.value < 0) throw new DecodeError(json, 'expected a size in bytes')
  return json.value
}

function platform(json: LocatedJson): Platform {
  const [os, architecture, variant, ...rest] = string(json).split('/')
  if (!os || !architecture || variant === '' || rest.length > 0) throw new DecodeError(json, 'expected a platform such as "linux/amd64"')
  return { os, architecture, variant: variant ?? null }
}
