import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Digest, digestOf, systemClock } from '@orchestrate/core'
import { createDockerEngine } from '@orchestrate/docker'
import type { RootFilesystem } from '@orchestrate/execute'
import {
  busyboxRoot,
  contractBuilder,
  DOCKER_SOCKET,
  dockerLeftovers,
  type EngineFixture,
  identifyProcess,
  observe,
  outcomeOf,
  renderSteps,
} from '@orchestrate/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { DOCKER_FACTS } from './docker-fixture.ts'

const shared = mkdtempSync('/tmp/orchestrate-docker-')
const root = busyboxRoot(shared)
const never = new AbortController().signal
const tag = (name: string): string => `orchestrate-test/${name}:${randomBytes(4).toString('hex')}`

afterAll(() => rmSync(shared, { recursive: true }))

function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8' }).trim()
}

function layerFile(): string {
  if (root.content.kind !== 'layers') throw new Error('busyboxRoot gives layers')
  return root.content.layers[0]?.file ?? ''
}

function open(): EngineFixture & { readonly engine: ReturnType<typeof createDockerEngine> } {
  const directory = mkdtempSync(join(shared, 'test-'))
  const run = identifyProcess(`engine-${directory.slice(-6)}`)
  const engine = createDockerEngine({
    host: { kind: 'unix', socketPath: DOCKER_SOCKET },
    run,
    reaperPath: null,
    spoolDirectory: join(directory, 'spool'),
    sharesFiles: true,
    clock: systemClock,
  })
  return {
    engine,
    run,
    root,
    directory,
    command: renderSteps,
    leftovers: dockerLeftovers,
    facts: DOCKER_FACTS,
    [Symbol.asyncDispose]: () => engine.close(),
  }
}

/** An image with an entrypoint, variables and a second layer, as people make them. */
function decoratedImage(): string {
  const reference = tag('decorated')
  const container = docker('create', '--network', 'none', docker('import', layerFile()), 'true')
  execFileSync('docker', ['cp', '-', `${container}:/etc`], { input: execFileSync('tar', ['-c', '-C', '/etc', 'hostname']) })
  docker(
    'commit',
    '--change',
    'ENTRYPOINT ["false"]',
    '--change',
    'ENV EXTRA=1 PATH=/bin',
    '--change',
    'WORKDIR /root',
    container,
    reference,
  )
  docker('rm', '-f', container)
  return reference
}

describe('toolchains that the engine holds', () => {
  it('are found with what came with them, and neither their entrypoint nor their variables reach a builder', async () => {
    await using fixture = open()
    const reference = decoratedImage()
    const found = await fixture.engine.findImage(reference, never)
    if (!found.ok || found.value === null) throw new Error('not found')
    expect(found.value).toMatchObject({ reference, workdir: '/root', user: null, platform: { os: 'linux', variant: null } })
    expect([...found.value.env]).toEqual([
      ['EXTRA', '1'],
      ['PATH', '/bin'],
    ])
    const { id, diffIds, env } = found.value
    const decorated: RootFilesystem = { ...root, identity: digestOf(id), env, content: { kind: 'engine-image', id, reference, diffIds } }
    const outcome = await outcomeOf(fixture, contractBuilder(fixture, { root: decorated, steps: [{ do: 'print-environment' }] }))
    expect([outcome.code, outcome.stdout.split('\n').toSorted()]).toEqual([0, ['', 'HOME=/root', 'PATH=/bin']])
    docker('rmi', reference)
  })

  it('give their layers in order, byte for byte', async () => {
    await using fixture = open()
    const reference = decoratedImage()
    const found = await fixture.engine.findImage(reference, never)
    if (!found.ok || found.value === null) throw new Error('not found')
    const digests: string[] = []
    for await (const { content } of fixture.engine.exportLayers(found.value, never)) {
      const hash = createHash('sha256')
      for await (const chunk of content) hash.update(chunk)
      digests.push(`sha256:${hash.digest('hex')}`)
    }
    expect([digests.length, digests]).toEqual([2, found.value.diffIds])
    expect(readdirSync(join(fixture.directory, 'spool'))).toEqual([])
    docker('rmi', reference)
  })

  it('are imported once, however many ask at once', async () => {
    await using fixture = open()
    const own = busyboxRoot(fixture.directory)
    const fresh: RootFilesystem = { ...own, identity: digestOf(randomBytes(16)) }
    const results = await Promise.all([1, 2, 3, 4].map(() => fixture.engine.prepare(fresh, never)))
    expect(results.every(({ ok }) => ok)).toBe(true)
    const label = `label=dev.orchestrate.toolchain=${fresh.identity}`
    const images = docker('images', '--all', '--quiet', '--no-trunc', '--filter', label).split('\n')
    expect(images.length).toBe(1)
    docker('rmi', ...images)
  })

  it('are refused when their content is not what it should be', async () => {
    await using fixture = open()
    if (root.content.kind !== 'layers') throw new Error('busyboxRoot gives layers')
    const layers = root.content.layers.map((layer) => ({ ...layer, diffId: digestOf('other') }))
    const wrong: RootFilesystem = { ...root, identity: digestOf(randomBytes(16)), content: { kind: 'layers', layers } }
    expect(await fixture.engine.prepare(wrong, never)).toMatchObject({ ok: false, error: { id: 'engine/image-changed' } })
    docker('rmi', `orchestrate-toolchain:${wrong.identity.slice('sha256:'.length)}`)
  })
})

describe('builders on Docker', () => {
  it('write to a copy where an overlay cannot be laid over the view', async () => {
    await using fixture = open()
    const source = nestOverlays(fixture.directory)
    const mounts = [{ source: source.path, kind: 'directory', to: '/workspace', access: 'throw-away' }] as const
    const steps = [
      { do: 'print-file', path: '/workspace/below/a' },
      { do: 'write', path: '/workspace/below/a', text: 'changed' },
      { do: 'list', path: '/workspace' },
    ] as const
    const outcome = await outcomeOf(fixture, contractBuilder(fixture, { mounts, steps })).finally(() => source.unmount())
    expect(outcome).toEqual({ code: 0, stdout: 'originalbelow\n', stderr: '' })
    expect(readFileSync(join(fixture.directory, 'base/below/a'), 'utf8')).toBe('original')
  })

  it('stream large outputs without holding them', async () => {
    await using fixture = open()
    const argv = ['sh', '-ec', 'dd if=/dev/zero of=/out/big bs=1M count=400 2>/dev/null; echo small > /out/small']
    const { exit } = await observe(fixture, contractBuilder(fixture, { argv }))
    const before = process.memoryUsage().rss
    let peak = 0
    const sizes = new Map<string, number>()
    for await (const entry of exit.outputs(never)) {
      let bytes = 0
      for await (const chunk of entry.content) {
        bytes += chunk.length
        peak = Math.max(peak, process.memoryUsage.rss())
      }
      sizes.set(entry.path, bytes)
    }
    expect([...sizes]).toEqual([
      ['big', 400 * 1024 * 1024],
      ['small', 6],
    ])
    expect(peak - before).toBeLessThan(128 * 1024 * 1024)
    await exit[Symbol.asyncDispose]()
  })

  it('end with 137 when somebody kills them', async () => {
    await using fixture = open()
    const builder = contractBuilder(fixture, { steps: [{ do: 'never-end' }] })
    const { exit } = await observe(fixture, builder, { onOutput: () => void docker('kill', containerOf(builder.run.runId)) })
    expect([exit.code, exit.stopped]).toEqual([137, false])
    await exit[Symbol.asyncDispose]()
  })

  it('are reported as removed when somebody removes them', async () => {
    await using fixture = open()
    const builder = contractBuilder(fixture, { steps: [{ do: 'never-end' }] })
    await fixture.engine.prepare(builder.root, never)
    let removed = false
    const remove = (): void => {
      if (!removed) docker('rm', '--force', containerOf(builder.run.runId))
      removed = true
    }
    const result = await fixture.engine.run(builder, { stdout: remove, stderr: remove, stop: never, kill: never })
    expect(result).toMatchObject({ ok: false, error: { id: 'engine/builder-removed' } })
    expect(await dockerLeftovers(builder.run.runId)).toEqual([])
  })
})

describe('images on Docker', () => {
  it('are loaded, found, named and counted by layers', async () => {
    await using fixture = open()
    const { images } = fixture.engine
    const reference = decoratedImage()
    const archive = join(fixture.directory, 'image.tar')
    docker('save', '--output', archive, reference)
    const before = await images.find(reference, never)
    docker('rmi', reference)
    expect(await images.find(reference, never)).toEqual({ ok: true, value: null })
    expect(await images.load(createReadStream(archive), never)).toEqual({
      ok: true,
      value: { accepted: true, message: `Loaded image: ${reference}` },
    })
    const after = await images.find(reference, never)
    expect(after).toEqual(before)
    const found = await fixture.engine.findImage(reference, never)
    if (!after.ok || after.value === null || !found.ok || found.value === null) throw new Error('not found')
    const further: Digest[] = [...found.value.diffIds, digestOf('more')]
    expect(await images.countPresentLayers(further, never)).toEqual({ ok: true, value: 2 })
    const second = tag('second')
    await images.tag(after.value.id, second, never)
    expect(await images.find(second, never)).toEqual(after)
    images.survey(never)
    expect([await images.find(second, never), await images.find(`docker.io/${second}`, never)]).toEqual([after, after])
    docker('rmi', reference, second)
  })

  it('are refused in the engine’s words when the archive is none', async () => {
    await using fixture = open()
    const file = join(fixture.directory, 'no.tar')
    writeFileSync(file, 'no archive at all')
    expect(await fixture.engine.images.load(createReadStream(file), never)).toMatchObject({ ok: true, value: { accepted: false } })
  })
})

describe('the reaper', () => {
  it('removes what a run left when the run dies', async () => {
    await using fixture = open()
    const script = compileReaper(fixture.directory)
    const builder = contractBuilder(fixture)
    await observe(fixture, builder)
    const reaper = spawn(process.execPath, [script], { stdio: ['pipe', 'inherit', 'inherit'] })
    const ended = new Promise((done) => reaper.on('exit', done))
    reaper.stdin.end(`${JSON.stringify({ socketPath: DOCKER_SOCKET, runId: builder.run.runId })}\n`)
    expect(await ended).toBe(0)
    expect(await dockerLeftovers(builder.run.runId)).toEqual([])
  })
})

function containerOf(runId: string): string {
  return docker('ps', '--quiet', '--filter', `label=dev.orchestrate.run=${runId}`)
}

/** Overlays may be stacked twice; a third is refused by the kernel. */
function nestOverlays(directory: string): { readonly path: string; unmount(): void } {
  let lower = join(directory, 'base')
  mkdirSync(join(lower, 'below'), { recursive: true })
  writeFileSync(join(lower, 'below/a'), 'original')
  const mounted: string[] = []
  for (const level of ['one', 'two']) {
    const target = join(directory, level)
    mkdirSync(target)
    mkdirSync(`${target}-other`)
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=${lower}:${target}-other`, target])
    mounted.unshift(target)
    lower = target
  }
  return { path: lower, unmount: () => mounted.forEach((target) => execFileSync('umount', [target])) }
}

/** The reaper is bundled with the executable; here its two modules are compiled as they are. */
function compileReaper(directory: string): string {
  const repository = resolve(import.meta.dirname, '../..')
  const options = [
    '--ignoreConfig',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    '--skipLibCheck',
    '--rewriteRelativeImportExtensions',
  ]
  const source = join(repository, 'packages/docker/src/reaper.ts')
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  execFileSync(join(repository, 'node_modules/.bin/tsc'), [source, ...options, '--outDir', directory], {
    cwd: repository,
    encoding: 'utf8',
  })
  return join(directory, 'reaper.js')
}
