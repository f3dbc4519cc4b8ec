import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { API as API_CONFIG } from '../e2e/api-rig.ts'
import { addBusybox, createRig, type Rig, ROOT } from '../e2e/rig.ts'

const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim()

function tinyRig(files: Readonly<Record<string, string>>, root = ROOT): Rig {
  const rig = createRig({ 'builder.yaml': root, ...files })
  addBusybox(rig)
  return rig
}

const API = { 'api/builder.yaml': API_CONFIG, 'api/main.txt': 'hello\n' }

describe('apply', () => {
  it('builds, emits and loads; then a second run starts nothing', async () => {
    using rig = tinyRig(API)
    const first = await rig.apply()
    expect(first.stderr).toBe('')
    expect([...first.targets.values()].map(({ id, decision, outcome }) => `${id} ${decision} ${outcome}`)).toEqual([
      'toolchain:busybox build succeeded',
      'api:build build succeeded',
      'api:image emit succeeded',
    ])
    const image = first.targets.get('api:image')?.image
    expect(image?.reference).toBe('tiny/api:latest')
    const second = await rig.apply()
    expect(second.events.filter((event) => event.type !== 'run-started' && event.type !== 'run-finished')).toEqual([])
    expect(second.targets.get('api:image')?.image).toEqual(image)
    docker('rmi', 'tiny/api:latest')
  })

  it('only loads the image again after it was deleted from the engine', async () => {
    using rig = tinyRig(API)
    await rig.apply()
    docker('rmi', 'tiny/api:latest')
    const again = await rig.apply()
    expect(again.code).toBe(0)
    expect(again.events.map((event) => event.type)).toEqual(['run-started', 'image-delivered', 'run-finished'])
    expect(docker('image', 'inspect', '--format', '{{json .RepoTags}}', 'tiny/api:latest')).toContain('tiny/api:latest')
    docker('rmi', 'tiny/api:latest')
  })

  it('notices an artifact that was damaged in the store, and builds it again', async () => {
    using rig = tinyRig(API)
    await rig.apply('--no-load')
    const blobs = join(rig.store, 'blobs')
    const damaged = readdirSync(blobs, { recursive: true, encoding: 'utf8' })
      .map((name) => join(blobs, name))
      .filter((file) => lstatSync(file).isFile() && readFileSync(file, 'utf8') === 'hello\n')
    expect(damaged.length).toBeGreaterThan(0)
    for (const file of damaged) {
      chmodSync(file, 0o644)
      writeFileSync(file, 'HELLO\n')
    }
    const plan = await rig.plan()
    expect(plan.targets.find((target) => target.id === 'api:build')).toMatchObject({
      decision: 'build',
      reasons: [{ kind: 'artifact-damaged' }],
    })
    const again = await rig.apply('--no-load')
    expect([again.code, again.stderr]).toEqual([0, ''])
    expect((await rig.plan()).summary).toMatchObject({ build: 0, emit: 0 })
  })

  it('shows a builder exactly its declared inputs, read-only, and nothing of the host', async () => {
    using rig = tinyRig({
      'lib/builder.yaml': 'version: 1\nlibrary: lib\nsources: ["*.txt"]\n',
      'lib/shared.txt': 'shared\n',
      'lib/secret.md': 'not declared\n',
      'api/builder.yaml': `version: 1
service: api
uses: [lib]
build:
  toolchain: busybox
  run:
    - find /workspace | sort > /out/seen
    - if echo changed > main.txt; then exit 9; fi
    - if touch new.txt; then exit 9; fi
    - env | grep -v -e ^PWD= -e ^SHLVL= -e ^OLDPWD= | sort > /out/env
    - cat /proc/net/dev | tail -n +3 | cut -d':' -f1 | tr -d ' ' > /out/interfaces
    - hostname > /out/hostname; id -u > /out/uid; umask > /out/umask; pwd > /out/pwd
    - test ! -e /var/run/docker.sock
  inputs: [main.txt, "sub/**"]
  outputs: [seen, env, interfaces, hostname, uid, umask, pwd]
  env: { FLAVOUR: vanilla }
`,
      'api/main.txt': 'hello\n',
      'api/other.txt': 'not declared\n',
      'api/sub/run.sh': 'echo\n',
    })
    chmodSync(join(rig.root, 'api/sub/run.sh'), 0o755)
    const applied = await rig.apply()
    expect([applied.code, applied.stderr, applied.targets.get('api:build')?.trouble]).toEqual([0, '', null])
    expect(await outputs(rig, ['seen', 'env', 'interfaces', 'hostname', 'uid', 'umask', 'pwd'])).toEqual({
      seen: '/workspace\n/workspace/api\n/workspace/api/main.txt\n/workspace/api/sub\n/workspace/api/sub/run.sh\n/workspace/lib\n/workspace/lib/shared.txt\n',
      env: 'FLAVOUR=vanilla\nHOME=/root\nLANG=C.UTF-8\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nSOURCE_DATE_EPOCH=315619200\nTARGETARCH=amd64\nTARGETOS=linux\nTARGETPLATFORM=linux/amd64\nTARGETVARIANT=\nTZ=UTC\n',
      interfaces: 'lo\n',
      hostname: 'builder\n',
      uid: '0\n',
      umask: '0022\n',
      pwd: '/workspace/api\n',
    })
  })

  it('mounts what a build needs across services, and throws away what it writes there', async () => {
    using rig = tinyRig({
      'gen/builder.yaml':
        'version: 1\nservice: gen\nbuild:\n  toolchain: busybox\n  run: mkdir /out/code; echo one > /out/code/a.txt; echo two > /out/b.txt\n  inputs: []\n  outputs: [code, b.txt]\n',
      'app/builder.yaml': `version: 1
service: app
builds:
  first:
    toolchain: busybox
    run: echo first > /out/f.txt
    inputs: []
    outputs: [f.txt]
  second:
    toolchain: busybox
    source: { writable: true }
    needs:
      - { artifact: first/f.txt, to: vendor/f.txt }
      - { artifact: "gen:build/code", to: code, writable: true }
      - { artifact: "gen:build/b.txt", to: /opt/b.txt }
    run:
      - echo more >> code/a.txt; echo x > code/new.txt; echo y > scratch.txt; echo z >> main.txt
      - if echo no > /opt/b.txt; then exit 9; fi
      - if echo no > vendor/f.txt; then exit 9; fi
      - cat main.txt scratch.txt code/a.txt code/new.txt vendor/f.txt /opt/b.txt > /out/all
    inputs: [main.txt]
    outputs: [all]
`,
      'app/main.txt': 'main\n',
    })
    const applied = await rig.apply()
    expect([applied.code, applied.stderr]).toEqual([0, ''])
    expect(await outputs(rig, ['all'], 'app', 'second')).toEqual({ all: 'main\nz\ny\none\nmore\nx\nfirst\ntwo\n' })
    expect(readFileSync(join(rig.root, 'app/main.txt'), 'utf8')).toBe('main\n')
    expect((await rig.plan()).summary).toMatchObject({ build: 0 })
  })

  it('leaves the work tree as it was: no file, owner, mode or ctime differs', async () => {
    using rig = tinyRig(API)
    const before = snapshot(rig.root)
    await rig.apply('--no-load')
    await rig.apply('--no-load')
    const after = snapshot(rig.root)
    after.delete('builder.lock')
    expect(after).toEqual(before)
  })

  it('skips what depends on a failure, goes on with the rest, and says what was not built and why', async () => {
    using rig = tinyRig({
      ...API,
      'bad/builder.yaml':
        'version: 1\nservice: bad\nbuild:\n  toolchain: busybox\n  run: ["echo compiling", "echo main.c:3: error; exit 3"]\n  inputs: []\n  outputs: [app]\nimage:\n  from: scratch\n  files: [{ artifact: build/app, to: /app }]\n',
    })
    const applied = await rig.run(['apply', '--no-load'])
    expect(applied.code).toBe(1)
    expect(normalize(rig, applied.stderr)).toContain(`error[build/exited]: bad:build: the command exited with code 3
  last 2 lines of its log:
  | compiling
  | main.c:3: error
  log: LOG
`)
    expect(applied.stderr).toContain('Not built (1):\n  bad:image  needs "bad:build", which was not built\n')
    expect(applied.stderr).toMatch(/^SERVICE +DECISION +TIME +ARTIFACT +IMAGE +TOOLCHAIN +DIGEST$/m)
    expect(applied.stderr).toMatch(/^api +build .* sha256:[0-9a-f]{12}$/m)
    expect(applied.stderr).toMatch(/^bad +failed /m)
  })

  it('blocks an image whose check has not succeeded', async () => {
    using rig = tinyRig({
      'api/builder.yaml': `version: 1
service: api
builds:
  build: { toolchain: busybox, run: cp main.txt /out/app, inputs: [main.txt], outputs: [app] }
  test: { toolchain: busybox, run: grep -q good main.txt, inputs: [main.txt], outputs: [] }
image:
  from: scratch
  needs: [test]
  files: [{ artifact: build/app, to: /app }]
`,
      'api/main.txt': 'bad\n',
    })
    const failed = await rig.apply('--output', 'oci:images')
    expect(failed.code).toBe(1)
    expect(failed.targets.get('api:image')).toMatchObject({
      outcome: 'skipped',
      trouble: { id: 'image/blocked', message: 'the check "api:test" has not succeeded' },
    })
    expect((await rig.plan()).targets.find((target) => target.id === 'api:image')).toMatchObject({
      decision: 'blocked',
      reasons: [{ kind: 'gate-failed', target: 'api:test' }, { kind: 'never-built' }],
    })
    rig.write({ 'api/main.txt': 'good\n' })
    const passed = await rig.apply('--output', 'oci:images')
    expect([passed.code, passed.targets.get('api:image')?.outcome]).toEqual([0, 'succeeded'])
  })

  it('gives the same image digest from another directory, store and time', async () => {
    using one = tinyRig(API)
    using two = tinyRig(API)
    const first = (await one.apply('--no-load')).targets.get('api:image')?.image?.digest
    const second = (await two.apply('--no-load')).targets.get('api:image')?.image?.digest
    expect(first).toMatch(/^sha256:/)
    expect(second).toBe(first)
  })
})

/** Files among the artifacts of a build, read back through an image layout that nothing else uses. */
async function outputs(rig: Rig, names: readonly string[], service = 'api', build = 'build'): Promise<Readonly<Record<string, string>>> {
  const files = names.map((name) => `{ artifact: "${service}:${build}/${name}", to: /${name} }`).join(', ')
  rig.write({ 'probe/builder.yaml': `version: 1\nservice: probe\nimage:\n  from: scratch\n  files: [${files}]\n` })
  const applied = await rig.apply('probe', '--output', 'docker-archive:probe.tar')
  if (applied.code !== 0) throw new Error(applied.stderr)
  const layers = execFileSync('tar', ['-xOf', join(rig.root, 'probe.tar'), 'manifest.json'], { encoding: 'utf8' })
  const [layer = ''] = (JSON.parse(layers) as { Layers: string[] }[])[0]?.Layers ?? []
  const blob = execFileSync('tar', ['-xOf', join(rig.root, 'probe.tar'), layer])
  return Object.fromEntries(names.map((name) => [name, execFileSync('tar', ['-xzOf', '-', name], { input: blob, encoding: 'utf8' })]))
}

function snapshot(root: string): Map<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('.git/') && name !== '.git')
  return new Map(
    names.toSorted().map((name) => {
      const status = lstatSync(join(root, name), { bigint: true })
      // A directory's ctime moves when builder.lock appears in the root; only what is inside is looked at then.
      return [name, `${status.uid}:${status.gid} ${status.mode.toString(8)} ${status.size} ${status.mtimeNs} ${status.ctimeNs}`]
    }),
  )
}

const normalize = (rig: Rig, text: string): string => text.replaceAll(new RegExp(`${rig.store}/logs/\\S+`, 'g'), 'LOG')
