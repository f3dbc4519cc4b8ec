import { execFileSync } from 'node:child_process'
import {
  chownSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imageOf, never, temporaryRoots, valueOf } from '../../packages/embedded/test/temporary-roots.ts'
import { describeFiles } from './file-tree.ts'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'real-archives-'))
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What a runtime needs of every root, which no archive brought. */
const PROVIDED = new Set(['proc', 'sys', 'dev', 'etc'])

describe('an archive of this machine', () => {
  it.each(['--format=gnu', '--format=pax', '--format=pax --sparse --sparse-version=1.0', '--format=gnu --sparse'])(
    'made with %s is unpacked as tar does',
    async (options) => {
      using temporary = temporaryRoots()
      const odd = join(directory, 'odd')
      rmSync(odd, { recursive: true, force: true })
      mkdirSync(join(odd, 'd'.repeat(200), 'e'.repeat(200)), { recursive: true })
      writeFileSync(join(odd, 'd'.repeat(200), 'e'.repeat(200), 'ü'.repeat(100)), 'far down')
      writeFileSync(Buffer.from(`${odd}/\xff\xfe`, 'latin1'), 'not UTF-8')
      const descriptor = openSync(join(odd, 'sparse'), 'w')
      writeSync(descriptor, 'end', 3 << 20)
      ftruncateSync(descriptor, 5 << 20)
      closeSync(descriptor)
      chownSync(join(odd, 'sparse'), 1000, 33)
      const sources = ['-C', '/', 'usr/share/zoneinfo', 'usr/lib/git-core', 'usr/share/perl5', '-C', directory, 'odd']
      const tar = execFileSync('tar', ['--create', ...options.split(' '), ...sources], {
        maxBuffer: 1 << 30,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const reference = mkdtempSync(join(directory, 'reference-'))
      execFileSync('tar', ['--extract', '--numeric-owner', '--same-owner', '--same-permissions', '-C', reference], { input: tar })
      const { path } = valueOf(await temporary.roots.ensureImage(imageOf(tar), never))
      const files = describeFiles(path, PROVIDED)
      expect(files.length).toBeGreaterThan(1000)
      // Directories that only lead to what was archived have the time of their making.
      const lead = (line: string): boolean => !/^(?:usr|usr\/share|usr\/lib)\/ /.test(line)
      expect(files.filter(lead)).toEqual(describeFiles(reference).filter(lead))
    },
  )
})

const DOCKERFILE = `FROM scratch
ADD busybox.tar /
RUN mkdir -p /a/b /keep /gone && echo 1 > /a/b/one && echo 2 > /a/two && echo g > /gone/file && ln -s a /door && echo x > /x && ln /x /keep/y && chown -R 1000:33 /keep && chmod 4755 /a/two && mknod /keep/null c 1 3 && mkfifo /keep/pipe
RUN rm -r /gone /a/b && mkdir /a/b && echo new > /a/b/new && rm /x && mkdir /x && echo in > /x/in && echo through > /door/through && mv /a/two /a/moved
RUN rm -r /a && echo now a file > /a && echo again > /keep/y && mkdir -m 0700 /gone && chown 65532:65532 /gone
`

describe('an image that Docker built', () => {
  it('is laid out as Docker lays it out, whiteouts, owners and links included', async () => {
    using temporary = temporaryRoots()
    const context = join(directory, 'context')
    mkdirSync(join(context, 'bin'), { recursive: true })
    execFileSync('cp', ['/bin/busybox', join(context, 'bin/busybox')])
    for (const applet of ['sh', 'mkdir', 'rm', 'ln', 'chown', 'chmod', 'mknod', 'mkfifo', 'mv', 'echo'])
      execFileSync('ln', ['-s', 'busybox', join(context, 'bin', applet)])
    execFileSync('tar', ['--create', '--file', join(context, 'busybox.tar'), '-C', context, 'bin'])
    writeFileSync(join(context, 'Dockerfile'), DOCKERFILE)
    const docker = (...args: readonly string[]): Buffer =>
      execFileSync('docker', args, { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, DOCKER_BUILDKIT: '0' } })
    const image = docker('build', '--quiet', '--network', 'none', context).toString().trim()
    try {
      const container = docker('create', image, '/bin/sh').toString().trim()
      const reference = join(directory, 'docker')
      mkdirSync(reference)
      execFileSync('tar', ['--extract', '--numeric-owner', '--same-owner', '--same-permissions', '-C', reference], {
        input: docker('export', container),
      })
      docker('rm', container)
      const saved = join(directory, 'saved')
      mkdirSync(saved)
      execFileSync('tar', ['--extract', '-C', saved], { input: docker('save', image) })
      const [manifest] = JSON.parse(readFileSync(join(saved, 'manifest.json'), 'utf8')) as { readonly Layers: readonly string[] }[]
      const tars = (manifest?.Layers ?? []).map((layer) => readFileSync(join(saved, layer)))
      expect(tars).toHaveLength(4)
      const { path } = valueOf(await temporary.roots.ensureImage(imageOf(...tars), never))
      const skipped = new Set([...PROVIDED, '.dockerenv'])
      expect(describeFiles(path, skipped)).toEqual(describeFiles(reference, skipped))
      expect(temporary.lines).toEqual(['2 device nodes and pipes of the root file system were left out'])
    } finally {
      docker('rmi', '--force', image)
    }
  })
})
