import { type Diagnostic, digestOf, linuxPlatform, parseWorkspacePath, positionAt } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { debianSource, sampleDeclaration, sampleEntry, samplePlatform } from '../sample-toolchains.ts'
import type { LockEntry } from '../toolchain.ts'
import { encodeLock } from './encode-lock.ts'
import { checkLock, type LockInput, readLock } from './read-lock.ts'

const go = sampleDeclaration('go', debianSource(['golang-go']))
const goEntry = sampleEntry({ ...debianSource(['golang-go']), versions: new Map([['golang-go', '2:1.24~2']]) })
const tar = sampleDeclaration('tar', { kind: 'rootfs', path: parseWorkspacePath('roots/c.tar') ?? fail() })
const tarEntry = sampleEntry({ kind: 'rootfs', path: 'roots/c.tar', archive: digestOf('archive') }, 'tar')

function fail(): never {
  throw new Error('not a workspace path')
}

function input(entries: Readonly<Record<string, LockEntry>>, fields: Partial<LockInput> = {}): LockInput {
  return {
    text: encodeLock({ entries: new Map(Object.entries(entries)) }),
    declarations: [go],
    rootfsDigest: () => null,
    platform: samplePlatform,
    ...fields,
  }
}

function read(request: LockInput) {
  const result = readLock(request)
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join('\n'))
  return result.value
}

function changes(request: LockInput): readonly string[] {
  return read(request).stale.flatMap(({ notes }) => notes.map(({ message }) => message))
}

describe('readLock', () => {
  it('takes the identity of an entry whose declaration is the same', () => {
    const locked = read(input({ go: goEntry }))
    expect(locked).toEqual({
      identities: new Map([['go', goEntry.identity]]),
      stale: [],
      missing: [],
      lock: { entries: new Map([['go', goEntry]]) },
    })
  })

  it('has no identity where there is no entry, or no file', () => {
    const request = input({}, { text: null, declarations: [tar, go] })
    expect(read(request)).toMatchObject({
      identities: new Map([
        ['tar', null],
        ['go', null],
      ]),
      missing: ['go', 'tar'],
      stale: [],
    })
  })

  it('names what changed in a debian declaration', () => {
    const changed = sampleDeclaration('go', debianSource(['ca-certificates', 'git'], { suite: 'forky', snapshot: '20260101T000000Z' }))
    expect(changes(input({ go: goEntry }, { declarations: [changed] }))).toEqual([
      'suite: trixie became forky',
      'snapshot: none became 20260101T000000Z',
      'packages added: ca-certificates, git',
      'packages removed: golang-go',
    ])
  })

  it('names another archive, another kind and another platform', () => {
    const request = input({ go: goEntry, tar: tarEntry }, { declarations: [tar], rootfsDigest: () => digestOf('other') })
    expect(changes(request)).toEqual([`digest of the archive: ${digestOf('archive')} became ${digestOf('other')}`])
    expect(changes(input({ go: tarEntry }))).toEqual(['"rootfs" became "debian"'])
    expect(changes(input({ go: goEntry }, { platform: linuxPlatform('arm64') }))).toEqual(['platform: linux/amd64 became linux/arm64'])
  })

  it('gives an entry out of date as a finding at its declaration, and no identity', () => {
    const changed = sampleDeclaration('go', debianSource(['golang-go', 'git']))
    const locked = read(input({ go: goEntry }, { declarations: [changed] }))
    expect(locked.identities).toEqual(new Map([['go', null]]))
    expect(locked.stale).toEqual([
      {
        id: 'lock/out-of-date',
        severity: 'error',
        message: 'builder.lock is out of date for toolchain "go"',
        span: { file: 'builder.yaml', offset: 10, length: 2 },
        notes: [{ message: 'packages added: git', span: null }],
        help: 'run `orchestrate lock`',
      },
    ])
  })
})

describe('checkLock', () => {
  it('finds nothing in a complete lock, and entries out of date and missing ones otherwise', () => {
    const changed = sampleDeclaration('go', debianSource([]))
    expect(checkLock(read(input({ go: goEntry })), [go])).toEqual([])
    const declarations = [changed, tar]
    const found = checkLock(read(input({ go: goEntry }, { declarations })), declarations)
    expect(found.map(({ id, message }) => [id, message])).toEqual([
      ['lock/missing-entry', 'builder.lock has no entry for toolchain "tar"'],
      ['lock/out-of-date', 'builder.lock is out of date for toolchain "go"'],
    ])
  })
})

describe('a malformed builder.lock', () => {
  const valid = encodeLock({ entries: new Map([['go', goEntry]]) })

  it.each([
    ['nothing', '', '1:1 expected a value, found the end of the file'],
    ['a merge conflict', valid.replace('  "version"', '<<<<<<< ours\n  "version"'), '29:1 expected a key in double quotes, found "<"'],
    ['a key twice', '{"version": 1, "version": 1}', '1:16 the key "version" appears twice'],
    ['another version', valid.replace('"version": 1', '"version": 2'), '29:14 expected version 1'],
    ['a list', '[]', '1:1 expected an object'],
    ['deep nesting', '['.repeat(100), '1:34 expected a value that is nested less deeply, found "["'],
    ['another identity', valid.replace(goEntry.identity, digestOf('x')), '10:19 the identity is not that of the entry below it'],
    ['no digest', valid.replace(goEntry.identity, 'sha256:1'), '10:19 expected "sha256:" and 64 hexadecimal digits'],
    ['another kind', valid.replace('"debian"', '"rpm"'), '14:17 expected "archive", "debian", "image" or "rootfs"'],
    ['a version that is an option', valid.replace('2:1.24~2', '--force'), '22:24 expected a package version'],
    ['a negative size', valid.replace('5120', '-1'), '12:15 expected a size in bytes'],
    ['a missing key', valid.replace('"user"', '"uses"'), '3:11 expected the key "user"'],
  ])('says where it stops being one: %s', (_, text, expected) => {
    const result = readLock(input({}, { text }))
    if (result.ok) throw new Error('read')
    expect(result.error.map((finding) => describeAt(text, finding))).toEqual([expected])
    expect(result.error[0]).toMatchObject({
      id: 'lock/malformed',
      help: 'resolve a merge conflict if there is one; otherwise delete builder.lock and run `orchestrate lock`',
    })
  })

  function describeAt(text: string, finding: Diagnostic): string {
    const { line, column } = positionAt(text, finding.span?.offset ?? -1)
    return `${line}:${column} ${finding.message.replace('builder.lock cannot be read: ', '')}`
  }
})

describe('encodeLock', () => {
  it('writes sorted keys and reads back the same, whatever the names', () => {
    const entries = new Map([
      ['zed', tarEntry],
      ['__proto__', sampleEntry({ kind: 'image', reference: 'docker.io/library/golang:1.24' }, 'image')],
      ['go', goEntry],
    ])
    const text = encodeLock({ entries })
    expect(Object.keys(JSON.parse(text).toolchains)).toEqual(['__proto__', 'go', 'zed'])
    expect(read(input({}, { text, declarations: [] })).lock.entries).toEqual(entries)
    expect(encodeLock({ entries: new Map([...entries].toReversed()) })).toBe(text)
  })

  it('has this form', () => {
    expect(encodeLock({ entries: new Map([['go', goEntry]]) })).toBe(`{
  "toolchains": {
    "go": {
      "diffIds": [
        "${digestOf('layer')}"
      ],
      "env": {
        "PATH": "/usr/bin:/bin"
      },
      "identity": "${goEntry.identity}",
      "platform": "linux/amd64",
      "size": 5120,
      "source": {
        "kind": "debian",
        "mirror": null,
        "packages": [
          "golang-go"
        ],
        "snapshot": null,
        "suite": "trixie",
        "versions": {
          "golang-go": "2:1.24~2"
        }
      },
      "user": null,
      "workdir": null
    }
  },
  "version": 1
}
`)
  })
})
