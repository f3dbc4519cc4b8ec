import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { digestHex, digestOf } from '@orchestrate/core'
import { digestNumber, filesBelow, readAll, temporaryStore, text, valueOf } from '../test/temporary-store.ts'
import { blobPath, blobTime } from './blob-layout.ts'
import { createDisk } from './disk.ts'
import type { Store } from './store.ts'
import { openVerificationCache } from './verification-cache.ts'

const HELLO = digestOf('hello')

/** Mode, size and mtime in seconds of a file. */
function describeFile(path: string): string {
  const { mode, size, mtimeMs } = lstatSync(path)
  return `${(mode & 0o7777).toString(8)} ${size} ${mtimeMs / 1000}`
}

/** Changes a file as a broken disk or a careless user would. */
function overwrite(path: string, content: string): void {
  chmodSync(path, 0o600)
  writeFileSync(path, content)
}

describe('put', () => {
  it('stores content under its digest, read-only, with a time that follows from the content', async () => {
    await using rig = await temporaryStore()
    expect(valueOf(await rig.store.blobs.put('hello'))).toEqual({ digest: HELLO, size: 5 })
    expect(describeFile(blobPath(rig.store.root, HELLO, 'plain'))).toBe(`444 5 ${blobTime(HELLO)}`)
    expect(await rig.store.blobs.text(HELLO)).toBe('hello')
    expect(await rig.store.blobs.size(HELLO)).toBe(5)
    expect(await rig.store.blobs.has(HELLO)).toBe(true)
  })

  it('takes streams of any chunks, and the empty content', async () => {
    await using rig = await temporaryStore()
    const chunks = (async function* () {
      yield text('hel')
      yield text('')
      yield text('lo')
    })()
    expect(valueOf(await rig.store.blobs.put(chunks)).digest).toBe(HELLO)
    expect(valueOf(await rig.store.blobs.put(''))).toEqual({ digest: digestOf(''), size: 0 })
    expect(await rig.store.blobs.text(digestOf(''))).toBe('')
  })

  it('stores an executable twin as a file of its own', async () => {
    await using rig = await temporaryStore()
    valueOf(await rig.store.blobs.put('hello', { executable: true }))
    expect(describeFile(blobPath(rig.store.root, HELLO, 'executable'))).toBe(`555 5 ${blobTime(HELLO)}`)
    expect(await rig.store.blobs.verify([HELLO])).toEqual([])
    const plain = valueOf(await rig.store.blobs.file(HELLO, false))
    expect(describeFile(plain)).toBe(`444 5 ${blobTime(HELLO)}`)
    expect(statSync(plain).ino).not.toBe(statSync(valueOf(await rig.store.blobs.file(HELLO, true))).ino)
  })

  it('refuses content of another digest than expected and keeps nothing of it', async () => {
    await using rig = await temporaryStore()
    expect(await rig.store.blobs.put('hullo', { expected: HELLO })).toEqual({
      ok: false,
      error: {
        kind: 'integrity',
        id: 'store/digest-mismatch',
        message: `content that should have digest ${HELLO} has another one`,
        details: [`expected ${HELLO}`, `received ${digestOf('hullo')} (5 bytes)`],
        help: 'fetch it again; if it happens again, its source is damaged or not what it claims to be',
      },
    })
    expect(filesBelow(rig.store.root)).toEqual(['layout.json'])
  })

  it('throws what its source throws and leaves no temporary file', async () => {
    await using rig = await temporaryStore()
    const broken = (async function* () {
      yield text('hel')
      throw new Error('the engine went away')
    })()
    await expect(rig.store.blobs.put(broken)).rejects.toThrow('the engine went away')
    expect(filesBelow(rig.store.root)).toEqual(['layout.json'])
  })

  it('leaves an intact blob alone and replaces a damaged one', async () => {
    await using rig = await temporaryStore()
    const path = blobPath(rig.store.root, HELLO, 'plain')
    valueOf(await rig.store.blobs.put('hello'))
    const first = statSync(path).ino
    valueOf(await rig.store.blobs.put('hello'))
    expect(statSync(path).ino).toBe(first)
    overwrite(path, 'HELLO')
    valueOf(await rig.store.blobs.put('hello'))
    expect(readFileSync(path, 'utf8')).toBe('hello')
  })
})

describe('two stores on one root', () => {
  it('may put and verify the same content at the same time', async () => {
    await using rig = await temporaryStore()
    const other = await rig.open()
    const contents = Array.from({ length: 40 }, (_, index) => `content ${index % 10}`)
    const both = [rig.store, other]
    const stored = await Promise.all(contents.flatMap((content) => both.map((store) => store.blobs.put(content))))
    expect(new Set(stored.map((result) => valueOf(result).digest)).size).toBe(10)
    const digests = contents.map((content) => digestOf(content))
    expect(await Promise.all(both.map((store) => store.blobs.verify(digests)))).toEqual([[], []])
    expect(filesBelow(join(rig.store.root, 'blobs')).length).toBe(10)
  })
})

describe('verify', () => {
  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ['flipped byte', (path) => overwrite(path, 'hellO')],
    [
      'flipped byte under restored times and mode',
      (path) => {
        overwrite(path, 'hellO')
        utimesSync(path, blobTime(HELLO), blobTime(HELLO))
        chmodSync(path, 0o444)
      },
    ],
    ['truncation', (path) => truncateSync(path, 2)],
    [
      'directory in its place',
      (path) => {
        unlinkSync(path)
        mkdirSync(path)
      },
    ],
    [
      'link in its place',
      (path) => {
        unlinkSync(path)
        symlinkSync('/etc/hostname', path)
      },
    ],
  ]

  it.each(damages)('reports a %s and sets the blob aside', async (_, damage) => {
    await using rig = await temporaryStore()
    valueOf(await rig.store.blobs.put('hello'))
    valueOf(await rig.store.blobs.put('other'))
    damage(blobPath(rig.store.root, HELLO, 'plain'))
    expect(await rig.store.blobs.verify([digestOf('other'), HELLO, HELLO])).toEqual([HELLO])
    expect(await rig.store.blobs.has(HELLO)).toBe(false)
    expect(readdirSync(join(rig.store.root, 'quarantine')).map((name) => name.replace(/-.*/, ''))).toEqual([digestHex(HELLO)])
  })

  it('reports a missing blob', async () => {
    await using rig = await temporaryStore()
    valueOf(await rig.store.blobs.put('hello'))
    unlinkSync(blobPath(rig.store.root, HELLO, 'plain'))
    expect(await rig.store.blobs.verify([HELLO, digestNumber(7)])).toEqual([HELLO, digestNumber(7)])
  })

  it('repairs the mode and the time of intact content', async () => {
    await using rig = await temporaryStore()
    valueOf(await rig.store.blobs.put('hello'))
    const path = blobPath(rig.store.root, HELLO, 'plain')
    chmodSync(path, 0o000)
    utimesSync(path, 1, 1)
    expect(await rig.store.blobs.verify([HELLO])).toEqual([])
    expect(describeFile(path)).toBe(`444 5 ${blobTime(HELLO)}`)
  })

  it('takes the twin when the other file is damaged', async () => {
    await using rig = await temporaryStore()
    valueOf(await rig.store.blobs.put('hello', { executable: true }))
    overwrite(valueOf(await rig.store.blobs.file(HELLO, false)), 'HELLO')
    expect(await rig.store.blobs.verify([HELLO])).toEqual([])
    expect(readFileSync(valueOf(await rig.store.blobs.file(HELLO, false)), 'utf8')).toBe('hello')
  })
})

describe('the verification cache', () => {
  /** Whether a run after the next boot trusts the blob without reading it. */
  function isTrustedAfterBoot(store: Store): boolean {
    const cache = openVerificationCache(join(store.root, 'verified'), 'boot B', createDisk())
    return cache.knows(HELLO, 'plain', lstatSync(blobPath(store.root, HELLO, 'plain')))
  }

  it('trusts what was synced after the machine has booted again', async () => {
    await using rig = await temporaryStore({ bootId: 'boot A' })
    valueOf(await rig.store.blobs.put('hello'))
    await rig.store.close()
    expect(isTrustedAfterBoot(rig.store)).toBe(true)
  })

  it('does not trust a copied input that was never synced', async () => {
    await using rig = await temporaryStore({ bootId: 'boot A' })
    writeFileSync(join(rig.directory, 'input'), 'hello')
    valueOf(await rig.store.blobs.copyFile(join(rig.directory, 'input'), HELLO))
    await rig.store.close()
    expect(isTrustedAfterBoot(rig.store)).toBe(false)
  })

  it('trusts a copied input once it was put as an output, too', async () => {
    await using rig = await temporaryStore({ bootId: 'boot A' })
    writeFileSync(join(rig.directory, 'input'), 'hello')
    valueOf(await rig.store.blobs.copyFile(join(rig.directory, 'input'), HELLO))
    valueOf(await rig.store.blobs.put('hello'))
    await rig.store.close()
    expect(isTrustedAfterBoot(rig.store)).toBe(true)
  })
})

describe('copyFile', () => {
  it.each([
    ['small', 'hello'],
    ['large', 'x'.repeat(3 << 20)],
  ])('stores the bytes of a %s file', async (_, content) => {
    await using rig = await temporaryStore()
    const path = join(rig.directory, 'input')
    writeFileSync(path, content)
    const before = statSync(path)
    const digest = digestOf(content)
    expect(valueOf(await rig.store.blobs.copyFile(path, digest, { executable: true }))).toEqual({ digest, size: content.length })
    expect(describeFile(blobPath(rig.store.root, digest, 'executable'))).toBe(`555 ${content.length} ${blobTime(digest)}`)
    expect(await readAll(rig.store.blobs.read(digest))).toBe(content)
    expect(statSync(path).ctimeMs).toBe(before.ctimeMs)
  })

  it.each([
    ['small', 'hello'],
    ['large', 'x'.repeat(3 << 20)],
  ])('gives null for a %s file whose content has changed and keeps nothing', async (_, content) => {
    await using rig = await temporaryStore()
    writeFileSync(join(rig.directory, 'input'), content)
    expect(valueOf(await rig.store.blobs.copyFile(join(rig.directory, 'input'), digestNumber(1)))).toBeNull()
    expect(filesBelow(rig.store.root)).toEqual(['layout.json'])
  })

  it('gives null for what is no file any more', async () => {
    await using rig = await temporaryStore()
    const { directory, store } = rig
    symlinkSync('/etc/hostname', join(directory, 'link'))
    execFileSync('mkfifo', [join(directory, 'fifo')])
    for (const name of ['absent', 'link', 'fifo', 'link/below', '.']) {
      expect(valueOf(await store.blobs.copyFile(join(directory, name), HELLO))).toBeNull()
    }
  })

  it('names an input that its user may not read', async () => {
    try {
      process.seteuid?.(65_534)
      await using rig = await temporaryStore({ platformUid: 65_534 })
      const path = join(rig.directory, 'secret')
      writeFileSync(path, 'hello', { mode: 0o000 })
      const copied = await rig.store.blobs.copyFile(path, HELLO)
      expect(copied.ok ? null : copied.error).toEqual({
        kind: 'environment',
        id: 'store/input-unreadable',
        message: `the input "${path}" cannot be read: EACCES`,
        details: [],
        help: 'give yourself permission to read it, or leave it out of the inputs',
      })
    } finally {
      process.seteuid?.(0)
    }
  })

  it('does not read the file when the store has its content', async () => {
    await using rig = await temporaryStore()
    valueOf(await rig.store.blobs.put('hello'))
    expect(valueOf(await rig.store.blobs.copyFile(join(rig.directory, 'edited meanwhile'), HELLO))).toEqual({ digest: HELLO, size: 5 })
  })
})

describe('reading', () => {
  it('ends in an IntegrityError for a missing blob', async () => {
    await using rig = await temporaryStore()
    await expect(readAll(rig.store.blobs.read(HELLO))).rejects.toThrow(`blob ${HELLO} is missing`)
    expect(await rig.store.blobs.text(HELLO)).toBeNull()
    expect(await rig.store.blobs.size(HELLO)).toBeNull()
  })

  it('ends in an IntegrityError for a damaged blob', async () => {
    await using rig = await temporaryStore()
    valueOf(await rig.store.blobs.put('hello'))
    overwrite(blobPath(rig.store.root, HELLO, 'plain'), 'hellO')
    await expect(readAll(rig.store.blobs.read(HELLO))).rejects.toThrow(`blob ${HELLO} is damaged`)
    valueOf(await rig.store.blobs.put('hello'))
    overwrite(blobPath(rig.store.root, HELLO, 'plain'), 'hellO')
    expect(await rig.store.blobs.text(HELLO)).toBeNull()
  })

  it('names the blob when a file of it is wanted', async () => {
    await using rig = await temporaryStore()
    expect(await rig.store.blobs.file(HELLO, false)).toEqual({
      ok: false,
      error: {
        kind: 'integrity',
        id: 'store/blob-missing',
        message: `the store at "${rig.store.root}" no longer holds blob ${HELLO}`,
        details: [],
        help: 'run again: what needs it is built anew',
      },
    })
  })
})
