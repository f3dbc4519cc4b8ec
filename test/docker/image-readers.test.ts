import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { digestHex, digestOf } from '@orchestrate/core'
import { dockerArchiveSink, ociLayoutSink } from '@orchestrate/image'
import { describe, expect, it } from 'vitest'
import { imageRig, type ImageRig } from './image-rig.ts'

const REFERENCE = 'ghcr.io/acme/sample:v1'
const never = new AbortController().signal

describe('an emitted image', () => {
  it('is copied by skopeo from a layout, digest for digest', async () => {
    await using rig = await imageRig()
    const image = await sampleImage(rig)
    const layout = join(rig.directory, 'layout')
    await ociLayoutSink(layout).deliver(image, [REFERENCE, 'sample:latest'], never)
    const out = join(rig.directory, 'copied')
    skopeo('copy', '--preserve-digests', `oci:${layout}:${REFERENCE}`, `dir:${out}`)
    expect(digestOf(readFileSync(join(out, 'manifest.json')))).toBe(image.manifest.digest)
    for (const { digest } of [image.config, ...image.layers]) expect(digestOf(readFileSync(join(out, digestHex(digest))))).toBe(digest)
    expect(skopeo('inspect', '--raw', `oci:${layout}:sample:latest`)).toBe(Buffer.from(image.manifest.bytes).toString())
  })

  it('is unpacked by umoci as it was described', async () => {
    await using rig = await imageRig()
    const layout = join(rig.directory, 'layout')
    await ociLayoutSink(layout).deliver(await sampleImage(rig), [REFERENCE], never)
    const bundle = join(rig.directory, 'bundle')
    execFileSync('umoci', ['unpack', '--rootless', '--image', `${layout}:${REFERENCE}`, bundle], { stdio: 'pipe' })
    const root = join(bundle, 'rootfs')
    expect(readFileSync(join(root, 'srv/größe/main.js'), 'utf8')).toBe('main')
    expect(readlinkSync(join(root, 'srv/link'))).toBe('größe/main.js')
    expect(lstatSync(join(root, 'srv/tool')).mode & 0o777).toBe(0o750)
    expect(lstatSync(join(root, 'srv/tool')).mtimeMs).toBe(315_619_200_000)
  })

  it('is read by skopeo from both halves of a docker archive', async () => {
    await using rig = await imageRig()
    const image = await sampleImage(rig)
    const archive = join(rig.directory, 'image.tar')
    await dockerArchiveSink(archive).deliver(image, [REFERENCE], never)
    expect(skopeo('inspect', '--raw', `oci-archive:${archive}:${REFERENCE}`)).toBe(Buffer.from(image.manifest.bytes).toString())
    expect(digestOf(skopeo('inspect', '--config', '--raw', `docker-archive:${archive}:${REFERENCE}`))).toBe(image.config.digest)
    skopeo('copy', `docker-archive:${archive}:${REFERENCE}`, `dir:${join(rig.directory, 'copied')}`)
  })

  it('has equal bytes when it is emitted from another store in another directory under another umask', async () => {
    await using rig = await imageRig()
    await using other = await imageRig()
    const mask = process.umask(0o077)
    const image = await sampleImage(other)
    process.umask(mask)
    expect((await sampleImage(rig)).stored).toEqual(image.stored)
  })
})

async function sampleImage(rig: ImageRig) {
  const main = await rig.file('', 'main')
  const [entry] = main.entries
  if (entry?.type !== 'file') throw new Error('not a file')
  return rig.emit({
    base: rig.base,
    image: { cmd: ['/bin/sh'], annotations: new Map([['team', 'payments']]) },
    files: [
      {
        ...main,
        to: '/srv',
        entries: [
          { ...entry, path: 'größe/main.js' },
          { type: 'symlink', path: 'link', target: 'größe/main.js' },
        ],
      },
      await rig.file('/srv/tool', 'x'.repeat(100_000), { mode: 0o750, owner: { uid: 1000, gid: 1000 } }),
      await rig.file(`/srv/${'l'.repeat(120)}/${'n'.repeat(120)}`, 'long'),
    ],
  })
}

const skopeo = (...args: string[]): string => execFileSync('skopeo', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
