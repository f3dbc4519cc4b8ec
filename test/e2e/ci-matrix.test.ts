import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, executable, type FinishedTarget, type Rig, ROOT, runProcess } from './rig.ts'

const image = (name: string, needs = ''): string => `version: 1
service: ${name}
build:
  toolchain: busybox
  run: cat main.txt ${needs === '' ? '' : 'gen.txt'} > /out/app
  inputs: [main.txt]
  outputs: [app]
${needs === '' ? '' : `  needs: [{ artifact: "${needs}", to: gen.txt }]\n`}image:
  from: scratch
  files: [{ artifact: build/app, to: /app }]
`

function monorepo(): Rig {
  const rig = createRig({
    'builder.yaml': ROOT,
    'alone/builder.yaml': image('alone'),
    'alone/main.txt': 'alone\n',
    'gen/builder.yaml':
      'version: 1\nservice: gen\nbuild:\n  toolchain: busybox\n  run: echo generated > /out/g\n  inputs: []\n  outputs: [g]\n',
    'one/builder.yaml': image('one', 'gen:build/g'),
    'one/main.txt': 'one\n',
    'two/builder.yaml': image('two', 'gen:build/g'),
    'two/main.txt': 'two\n',
  })
  addBusybox(rig)
  rig.git('add', '-A')
  rig.git('commit', '-qm', 'first')
  return rig
}

interface Matrix {
  readonly include: readonly { readonly name: string; readonly services: readonly string[] }[]
  readonly count: number
  readonly hasWork: boolean
}

describe('ci matrix', () => {
  it('gives each job what it needs: alone on a machine, the jobs make the images of one whole apply', async () => {
    using rig = monorepo()
    const matrix = JSON.parse((await rig.run(['ci', 'matrix'])).stdout) as Matrix
    expect(matrix).toEqual({
      include: [
        { name: 'alone', services: ['alone'], estimatedSeconds: null },
        { name: 'gen+one+two', services: ['gen', 'one', 'two'], estimatedSeconds: null },
      ],
      count: 2,
      hasWork: true,
    })
    const apart = new Map<string, string>()
    for (const { services } of matrix.include) for (const [id, digest] of await applyElsewhere(rig, services)) apart.set(id, digest)
    expect(apart).toEqual(imagesOf((await rig.apply('--no-load')).targets))
    expect(apart.size).toBe(3)
  })

  it('says that there is no work, and writes $GITHUB_OUTPUT in both cases', async () => {
    using rig = monorepo()
    const file = `${rig.store}.output`
    await rig.run(['ci', 'matrix', 'alone'], { env: { GITHUB_OUTPUT: file } })
    await rig.apply('--no-load')
    const empty = await rig.run(['ci', 'matrix'], { env: { GITHUB_OUTPUT: file } })
    expect(JSON.parse(empty.stdout)).toEqual({ include: [], count: 0, hasWork: false })
    expect(readFileSync(file, 'utf8')).toBe(
      'matrix={"include":[{"name":"alone","services":["alone"],"estimatedSeconds":null}]}\ncount=1\nhas-work=true\nmatrix={"include":[]}\ncount=0\nhas-work=false\n',
    )
  })

  it('refuses more than 256 entries instead of cutting them off', async () => {
    const services = Array.from(
      { length: 257 },
      (_, index) => `  s${index}: { build: { toolchain: busybox, run: "true", inputs: [], outputs: [] } }`,
    )
    using rig = createRig({ 'builder.yaml': ROOT, 'many/builder.yaml': `version: 1\nservices:\n${services.join('\n')}\n` })
    addBusybox(rig)
    const refused = await rig.run(['ci', 'matrix'])
    expect(refused).toEqual({
      code: 64,
      stdout: '',
      stderr:
        'error: the matrix would have 257 entries; GitHub Actions refuses more than 256\n  = help: select fewer services, or cut the workspace in two jobs that each plan a part\n',
    })
  })
})

/** A clone of its own, with a home and an empty store of its own. */
async function applyElsewhere(rig: Rig, services: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const base = mkdtempSync(join(tmpdir(), 'orchestrate-job-'))
  const clone = join(base, 'clone')
  mkdirSync(join(base, 'home'))
  execFileSync('git', ['clone', '-q', rig.root, clone], { stdio: 'ignore' })
  const env = { ...rig.env, HOME: join(base, 'home'), ORCHESTRATE_STORE: undefined }
  const run = await runProcess(process.execPath, [executable, 'apply', '--json', '--no-load', ...services], { cwd: clone, env })
  rmSync(base, { recursive: true, force: true })
  if (run.code !== 0) throw new Error(run.stderr)
  const last = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as { targets: FinishedTarget[] }
  return imagesOf(new Map(last.targets.map((target) => [target.id, target])))
}

function imagesOf(targets: ReadonlyMap<string, FinishedTarget>): ReadonlyMap<string, string> {
  return new Map([...targets.values()].flatMap(({ id, image: emitted }) => (emitted === null ? [] : [[id, emitted.digest]])))
}
