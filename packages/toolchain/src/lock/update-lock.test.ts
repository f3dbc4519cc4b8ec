import { environmentError, err, ok } from '@orchestrate/core'
import { expect, it } from 'vitest'
import { debianSource, sampleDeclaration, sampleEntry, samplePlatform } from '../sample-toolchains.ts'
import type { LockEntry } from '../toolchain.ts'
import { encodeLock } from './encode-lock.ts'
import type { LockFile } from './lock-file.ts'
import { readLock } from './read-lock.ts'
import { type LockUpdate, updateLock } from './update-lock.ts'

const entryOf = (versions: Readonly<Record<string, string>>): LockEntry =>
  sampleEntry({ ...debianSource(['golang-go']), versions: new Map(Object.entries(versions)) }, JSON.stringify(versions))

const old = entryOf({ 'golang-go': '1.23', zlib1g: '1.3' })
const current = entryOf({ 'golang-go': '1.24', libc6: '2.41' })
const declarations = ['c', 'go'].map((name) => sampleDeclaration(name, debianSource(['golang-go'])))

function update(entries: Readonly<Record<string, LockEntry>>, fields: Partial<LockUpdate> = {}) {
  const text = encodeLock({ entries: new Map(Object.entries(entries)) })
  const locked = readLock({ text, declarations, rootfsDigest: () => null, platform: samplePlatform })
  if (!locked.ok) throw new Error('malformed')
  const writes: ReadonlyMap<string, LockEntry>[] = []
  const file: LockFile = { entry: () => null, set: async (added) => (writes.push(added), ok(undefined)) }
  const resolved: string[] = []
  const request: LockUpdate = {
    locked: locked.value,
    declarations,
    update: new Set(),
    file,
    resolve: async ({ name }) => (resolved.push(name), ok(current)),
    progress: () => undefined,
    signal: new AbortController().signal,
    ...fields,
  }
  return { writes, resolved, result: updateLock(request) }
}

it('resolves what has no entry and leaves the others alone', async () => {
  const { result, resolved, writes } = update({ go: old })
  expect(await result).toEqual(ok([{ kind: 'added', toolchain: 'c' }]))
  expect([resolved, writes]).toEqual([['c'], [new Map([['c', current]])]])
})

it('resolves again what is named, and says which versions changed', async () => {
  const { result, writes } = update({ go: old, c: current }, { update: new Set(['go', 'c']) })
  expect(await result).toEqual(
    ok([
      { kind: 'unchanged', toolchain: 'c' },
      { kind: 'updated', toolchain: 'go', packages: ['golang-go 1.23 -> 1.24', 'libc6 none -> 2.41', 'zlib1g 1.3 -> none'] },
    ]),
  )
  expect(writes).toHaveLength(1)
})

it('drops what is no longer declared, and writes nothing when all is right', async () => {
  const dropped = update({ go: old, c: current, gone: old })
  expect(await dropped.result).toEqual(ok([{ kind: 'removed', toolchain: 'gone' }]))
  expect(dropped.writes).toEqual([new Map()])
  const right = update({ go: old, c: current })
  expect(await right.result).toEqual(ok([]))
  expect(right.writes).toEqual([])
})

it('keeps what was resolved before a failure', async () => {
  const trouble = environmentError({ id: 'toolchain/mirror-unreachable', message: 'no answer' })
  const { result, writes } = update({}, { resolve: async ({ name }) => (name === 'go' ? err(trouble) : ok(current)) })
  expect(await result).toEqual(err(trouble))
  expect(writes).toEqual([new Map([['c', current]])])
})
