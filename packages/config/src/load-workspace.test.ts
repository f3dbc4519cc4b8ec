import { describe, expect, test } from 'vitest'
import { findingsOf, loadTexts } from './load-texts.ts'
import type { Workspace } from './workspace.ts'

const SHOP = `version: 1
workspace: { name: shop, repository: ghcr.io/acme/shop, builderCertificates: host }
toolchains:
  go:
    image: docker.io/library/golang:1.24
    env: { CGO_ENABLED: "0", A: a }
    caches: { go-build: /root/.cache/go-build }
  jdk: { debian: { suite: trixie, packages: [maven, openjdk-21-jdk-headless, maven] } }
  box: { rootfs: toolchains/box.tar }
`

describe('a workspace', () => {
  test('has its settings and toolchains resolved', async () => {
    const { name, root, repository, builderCertificates, toolchains } = await load({ 'builder.yaml': SHOP })
    expect({ name, root, repository, builderCertificates, toolchains: plain([...toolchains.values()]) }).toEqual({
      name: 'shop',
      root: '/shop',
      repository: 'ghcr.io/acme/shop',
      builderCertificates: 'host',
      toolchains: [
        { name: 'box', source: { kind: 'rootfs', path: 'toolchains/box.tar' }, env: {}, caches: {} },
        {
          name: 'go',
          source: { kind: 'image', reference: 'docker.io/library/golang:1.24' },
          env: { A: 'a', CGO_ENABLED: '0' },
          caches: { 'go-build': '/root/.cache/go-build' },
        },
        {
          name: 'jdk',
          source: { kind: 'debian', suite: 'trixie', packages: ['maven', 'openjdk-21-jdk-headless'], mirror: null, snapshot: null },
          env: {},
          caches: {},
        },
      ],
    })
  })

  test.each([
    ['', null],
    ['auto', { kind: 'auto' }],
    ['docker', { kind: 'docker' }],
    ['embedded', { kind: 'embedded', runtime: null }],
    ['{ embedded: { runtime: runc } }', { kind: 'embedded', runtime: 'runc' }],
    ['{ embedded: { runtime: /opt/bin/youki } }', { kind: 'embedded', runtime: '/opt/bin/youki' }],
  ])('takes the engine from "%s"', async (written, engine) => {
    const setting = written === '' ? '' : `, engine: ${written}`
    expect((await load({ 'builder.yaml': `version: 1\nworkspace: { name: shop${setting} }\n` })).engine).toEqual(engine)
  })

  test('may have toolchains that are images on disk', async () => {
    const { toolchains } = await load({
      'builder.yaml':
        'version: 1\nworkspace: { name: shop }\ntoolchains: { a: { archive: "oci:images/go:1.24" }, b: { archive: "docker-archive://b.tar:b:latest" } }\n',
    })
    expect([...toolchains.values()].map(({ source }) => source)).toEqual([
      {
        kind: 'archive',
        format: 'oci',
        path: 'images/go',
        pinned: 'images/go/index.json',
        reference: '1.24',
        written: 'oci:images/go:1.24',
      },
      {
        kind: 'archive',
        format: 'docker-archive',
        path: 'b.tar',
        pinned: 'b.tar',
        reference: 'b:latest',
        written: 'docker-archive://b.tar:b:latest',
      },
    ])
  })

  test('keeps the text of every file for code frames', async () => {
    const api = 'version: 1\nservice: api\n'
    expect((await load({ 'builder.yaml': SHOP, 'api/builder.yaml': `\uFEFF${api}` })).files).toEqual(
      new Map([
        ['builder.yaml', SHOP],
        ['api/builder.yaml', api],
      ]),
    )
  })

  test('takes services from its own root file too, and several from one file', async () => {
    const { services } = await load({
      'builder.yaml': `${SHOP}service: root\n`,
      'pair/builder.yaml': 'version: 1\nservices: { b: {}, a: { image: {} } }\n',
    })
    expect([...services.values()].map(({ name, dir, image }) => [name, dir, image?.repository ?? null])).toEqual([
      ['a', 'pair', 'ghcr.io/acme/shop/a'],
      ['b', 'pair', null],
      ['root', '', null],
    ])
  })
})

describe('a build', () => {
  test('has defaults for all that it leaves out', async () => {
    const service = await loadService('build: { toolchain: box, run: make, outputs: [] }')
    expect(plain(service.builds.get('build'))).toEqual({
      service: 'api',
      name: 'build',
      toolchain: { value: 'box' },
      command: { kind: 'run', steps: ['make'] },
      env: {},
      inputs: [{ base: 'svc/api', library: null, patterns: [{ glob: '**', fromRoot: false, excludes: false, optional: false }] }],
      outputs: [],
      needs: [],
      workdir: '/workspace/svc/api',
      sourceMoved: false,
      sourceWritable: false,
      network: 'off',
      caches: {},
      user: null,
      limits: { cpus: null, memory: null, timeout: null, silence: null },
    })
  })

  test('has every key of the language resolved', async () => {
    const service = await loadService(`builds:
  bundle:
    toolchain: go
    exec: [go, build, $HOME]
    env: { B: b, A: a }
    inputs: ["./src/", "!src/**/*_test.go", "//go.mod", ../common/x.go, { glob: extra, optional: true }]
    outputs: [/out/lib/, app]
    needs:
      - { artifact: deps/node_modules, to: node_modules }
      - { artifact: "schema:gen/a/b", to: /opt/gen/, writable: true }
      - { artifact: "schema:gen/a", to: //gen/a }
    source: { path: /go/src/example.com/api/, writable: true }
    network: on
    caches: { ccache: /root/.ccache, go-build: /cache }
    user: "1000:1000"
    resources: { cpus: 1.5, memory: 512MiB }
    timeout: 1h30m
    silence: 90s
`)
    expect(plain(service.builds.get('bundle'))).toEqual({
      service: 'api',
      name: 'bundle',
      toolchain: { value: 'go' },
      command: { kind: 'exec', argv: ['go', 'build', '$HOME'] },
      env: { A: 'a', B: 'b' },
      inputs: [
        {
          base: 'svc/api',
          library: null,
          patterns: [
            { glob: 'src', fromRoot: false, excludes: false, optional: false },
            { glob: 'src/**/*_test.go', fromRoot: false, excludes: true, optional: false },
            { glob: 'go.mod', fromRoot: true, excludes: false, optional: false },
            { glob: 'svc/common/x.go', fromRoot: true, excludes: false, optional: false },
            { glob: 'extra', fromRoot: false, excludes: false, optional: true },
          ],
        },
      ],
      outputs: [{ value: 'app' }, { value: 'lib' }],
      needs: [
        { artifact: { service: 'api', build: 'deps', path: 'node_modules' }, to: '/go/src/example.com/api/node_modules', writable: false },
        { artifact: { service: 'schema', build: 'gen', path: 'a/b' }, to: '/opt/gen', writable: true },
        { artifact: { service: 'schema', build: 'gen', path: 'a' }, to: '/workspace/gen/a', writable: false },
      ],
      workdir: '/go/src/example.com/api',
      sourceMoved: true,
      sourceWritable: true,
      network: 'on',
      caches: { ccache: '/root/.ccache', 'go-build': '/cache' },
      user: '1000:1000',
      limits: {
        cpus: 1.5,
        memory: 512 * 1024 ** 2,
        timeout: { text: '1h30m', milliseconds: 5_400_000 },
        silence: { text: '90s', milliseconds: 90_000 },
      },
    })
  })

  test('sees the sources of its libraries and of those that they use, by library name', async () => {
    const { services } = await load({
      'builder.yaml': SHOP,
      'api/builder.yaml': 'version: 1\nservice: api\nuses: [money]\nbuild: { toolchain: go, run: [a, b], inputs: ["*.go"], outputs: [] }\n',
      'money/builder.yaml': 'version: 1\nlibrary: money\nsources: ["**/*.go", "!**/*_test.go"]\nuses: [clock]\n',
      'clock/builder.yaml': 'version: 1\nlibrary: clock\nsources: ["//clock.go"]\n',
    })
    expect(plain(services.get('api')?.builds.get('build')?.inputs)).toEqual([
      { base: 'api', library: null, patterns: [{ glob: '*.go', fromRoot: false, excludes: false, optional: false }] },
      { base: 'clock', library: 'clock', patterns: [{ glob: 'clock.go', fromRoot: true, excludes: false, optional: false }] },
      {
        base: 'money',
        library: 'money',
        patterns: [
          { glob: '**/*.go', fromRoot: false, excludes: false, optional: false },
          { glob: '**/*_test.go', fromRoot: false, excludes: true, optional: false },
        ],
      },
    ])
  })
})

describe('an image', () => {
  test('has defaults for all that it leaves out', async () => {
    const { services } = await load({ 'builder.yaml': 'version: 1\nworkspace: { name: shop }\nservice: api\nimage: {}\n' })
    expect(plain(services.get('api')?.image)).toEqual({
      service: 'api',
      from: { kind: 'scratch' },
      gates: [],
      files: [],
      layers: [],
      entrypoint: null,
      cmd: null,
      env: {},
      workdir: null,
      user: null,
      ports: [],
      volumes: [],
      stopSignal: null,
      healthcheck: null,
      labels: {},
      annotations: {},
      tags: ['latest'],
      repository: 'shop/api',
      caCertificates: false,
      timezones: false,
      maxSize: null,
      created: 315_619_200,
    })
  })

  test('has every key of the language resolved', async () => {
    const service = await loadService(
      `image:
  from: { toolchain: go }
  files:
    - { artifact: build/app, to: /app/, mode: "0555", owner: "65532" }
    - { source: static, to: /srv, layer: assets }
    - { source: //LICENSE, to: /LICENSE, owner: "1:2" }
    - { content: "hello\\n", to: /etc/motd }
  needs: [test, "schema:check"]
  entrypoint: [/app]
  cmd: []
  env: { B: b, A: a }
  workdir: /srv/../srv
  user: nobody
  ports: [8080, "53/udp", "8080/tcp"]
  labels: { b: b, a: a }
  annotations: { c: c }
  tags: ["1.0", latest]
  repository: localhost:5000/other
  layers: [assets]
  volumes: [/var/lib/api/, /data, /data]
  stopSignal: 15
  healthcheck: { test: [/app, health], interval: 1m, timeout: 500ms, startPeriod: 2s, retries: 5 }
  caCertificates: true
  timezones: true
  maxSize: 20MiB
  created: commit
`,
      COMMIT,
    )
    expect(plain(service.image)).toEqual({
      service: 'api',
      from: { kind: 'toolchain', toolchain: { value: 'go' } },
      gates: [{ value: { service: 'api', build: 'test' } }, { value: { service: 'schema', build: 'check' } }],
      files: [
        {
          kind: 'artifact',
          artifact: { service: 'api', build: 'build', path: 'app' },
          to: '/app',
          mode: 0o555,
          owner: { uid: 65_532, gid: 65_532 },
          layer: null,
        },
        { kind: 'source', path: 'svc/api/static', to: '/srv', mode: null, owner: null, layer: 'assets' },
        { kind: 'source', path: 'LICENSE', to: '/LICENSE', mode: null, owner: { uid: 1, gid: 2 }, layer: null },
        { kind: 'content', content: 'hello\n', to: '/etc/motd', mode: null, owner: null, layer: null },
      ],
      layers: ['assets'],
      entrypoint: ['/app'],
      cmd: [],
      env: { A: 'a', B: 'b' },
      workdir: '/srv',
      user: 'nobody',
      ports: ['53/udp', '8080/tcp'],
      volumes: ['/data', '/var/lib/api'],
      stopSignal: '15',
      healthcheck: {
        test: { kind: 'exec', argv: ['/app', 'health'] },
        interval: 60_000,
        timeout: 500,
        startPeriod: 2000,
        retries: 5,
      },
      labels: { a: 'a', b: 'b' },
      annotations: { c: 'c' },
      tags: ['1.0', 'latest'],
      repository: 'localhost:5000/other',
      caCertificates: true,
      timezones: true,
      maxSize: { value: 20 * 1024 * 1024 },
      created: 1_700_000_000,
    })
  })

  test('is checked by the shell where its healthcheck is a string', async () => {
    const service = await loadService('image: { healthcheck: { test: "wget -q localhost:8080 || exit 1" } }')
    expect(service.image?.healthcheck).toEqual({
      test: { kind: 'shell', command: 'wget -q localhost:8080 || exit 1' },
      interval: null,
      timeout: null,
      startPeriod: null,
      retries: null,
    })
  })

  test('starts from the image of another service', async () => {
    const service = await loadService('image: { from: { service: base } }')
    expect(plain(service.image?.from)).toEqual({ kind: 'service', service: { value: 'base' } })
  })

  test.each([
    ['{ suite: trixie, packages: [nodejs, busybox] }', 'debian-trixie+busybox+nodejs'],
    ['{ suite: trixie }', 'debian-trixie'],
    ['{ suite: trixie, snapshot: 20260131T000000Z }', 'debian-trixie-d30b80d1a255'],
    ['{ suite: trixie, packages: [aaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbb] }', 'debian-trixie-dd058b81dca3'],
  ])('names its own Debian base %s after what it declares', async (declaration, name) => {
    const service = await loadService(`image: { from: { debian: ${declaration} } }`)
    expect(service.image?.from).toMatchObject({ kind: 'debian', base: { name } })
  })
})

describe('variables', () => {
  test('are replaced in every string, and the shell keeps its own', async () => {
    const service = await loadService(
      'build: { toolchain: go, run: "echo ${{ service.name }} ${{service.dir}} $A ${B} $${C}", env: { D: "${{ service.dir }}" }, outputs: [] }',
    )
    const build = service.builds.get('build')
    expect([build?.command, build?.env.get('D')]).toEqual([{ kind: 'run', steps: ['echo api svc/api $A ${B} $${C}'] }, 'svc/api'])
  })

  test('tell of the commit in tags, labels and annotations', async () => {
    const service = await loadService(
      'image: { tags: ["${{ git.shortSha }}", "${{ git.branch }}", "${{ git.tag }}"], labels: { a: "${{ git.sha }} ${{ git.dirty }} ${{ git.branch }}" }, annotations: { b: "${{ date }}" } }',
      COMMIT,
    )
    expect(plain([service.image?.tags, service.image?.labels, service.image?.annotations])).toEqual([
      ['0123456', 'feature-x'],
      { a: `${COMMIT.sha} false feature/x` },
      { b: '2023-11-14' },
    ])
  })

  test('do not ask git when nothing reads the commit', async () => {
    expect(await findingsOf({ 'builder.yaml': `${SHOP}service: api\nimage: { tags: ["\${{ service.name }}"] }\n` })).toEqual([])
  })
})

const COMMIT = { sha: '0123456789abcdef0123456789abcdef01234567', branch: 'feature/x', tag: null, dirty: false, time: 1_700_000_000 }

async function load(texts: Record<string, string>, commit: typeof COMMIT | null = null): Promise<Workspace> {
  const loaded = await loadTexts(texts, commit)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.diagnostics, null, 2))
  return loaded.value
}

async function loadService(body: string, commit: typeof COMMIT | null = null) {
  const { services } = await load({ 'builder.yaml': SHOP, 'svc/api/builder.yaml': `version: 1\nservice: api\n${body}\n` }, commit)
  const service = services.get('api')
  if (service === undefined) throw new Error('the service is missing')
  return service
}

/** As JSON, maps as objects, without places: those are asserted where findings are. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (key, each: unknown) =>
    key === 'span' ? undefined : each instanceof Map ? Object.fromEntries(each) : each,
  )
  return JSON.parse(text) as unknown
}
