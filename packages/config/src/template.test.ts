import { describe, expect, test } from 'vitest'
import { findingsOf, loadTexts } from './load-texts.ts'

const ROOT = `version: 1
workspace: { name: shop }
toolchains: { go: { image: golang }, c: { image: gcc } }
templates:
  go-service:
    params: { ldflags: { type: string, default: "-s -w" }, port: { type: number, default: 8080 }, certificates: { type: boolean, default: false } }
    build:
      toolchain: go
      run: go build -ldflags "\${{ params.ldflags }}"
      env: { A: template, B: template }
      inputs: ["**/*.go", "//go.mod"]
      outputs: [app]
    image:
      from: { toolchain: go }
      ports: ["\${{ params.port }}"]
      labels: { port: "\${{ params.port }}" }
      caCertificates: \${{ params.certificates }}
  strict: { params: { name: { type: string } }, build: { toolchain: go, run: "\${{ params.name }}", outputs: [] } }
`

describe('a service that extends a template', () => {
  test('has what the template has, with the defaults of its parameters', async () => {
    expect(await load('extends: go-service')).toEqual({
      toolchain: 'go',
      command: { kind: 'run', steps: ['go build -ldflags "-s -w"'] },
      env: { A: 'template', B: 'template' },
      inputs: ['**/*.go', 'go.mod'],
      outputs: ['app'],
      from: 'toolchain',
      ports: ['8080/tcp'],
      labels: { port: '8080' },
      caCertificates: false,
    })
  })

  test('gives parameters, merges maps, replaces scalars and lists, and keeps items with "..."', async () => {
    expect(
      await load(`extends: go-service
with: { ldflags: "-X name=\${{ service.name }}", port: 9090, certificates: true }
build: { toolchain: c, env: { B: own, C: own }, inputs: ["!vendor/**", "...", extra], outputs: [lib] }
image: { from: { debian: { suite: trixie } }, ports: ["...", 1] }
`),
    ).toEqual({
      toolchain: 'c',
      command: { kind: 'run', steps: ['go build -ldflags "-X name=api"'] },
      env: { A: 'template', B: 'own', C: 'own' },
      inputs: ['vendor/**', '**/*.go', 'go.mod', 'extra'],
      outputs: ['lib'],
      from: 'debian',
      ports: ['1/tcp', '9090/tcp'],
      labels: { port: '9090' },
      caCertificates: true,
    })
  })

  test('drops the command of the template when it has its own', async () => {
    expect((await load('extends: go-service\nbuild: { exec: [make] }')).command).toEqual({ kind: 'exec', argv: ['make'] })
  })

  test('takes "..." for the one string of the template', async () => {
    expect((await load('extends: go-service\nbuild: { run: [first, "..."] }')).command).toEqual({
      kind: 'run',
      steps: ['first', 'go build -ldflags "-s -w"'],
    })
  })
})

describe('findings', () => {
  test.each([
    ['an unknown template, and nothing of what it may have given', 'extends: go-servise\nbuild: { env: { A: "${{ params.x }}" } }'],
    ['unknown and mistyped parameters', 'extends: go-service\nwith: { ldflag: x, port: "80", ldflags: 1 }'],
    ['a missing parameter', 'extends: strict'],
    ['parameters without a template', 'with: { a: 1 }'],
    ['"..." without a template', 'build: { toolchain: go, run: x, outputs: ["..."] }'],
    [
      'unknown, forbidden and broken variables',
      'image: { env: { A: "${{ params.x }}", B: "${{ git.sha }}", C: "${{ }}", D: "${{ x", E: "${{ service.nmae }}" } }',
    ],
    ['the commit where there is none', 'image: { tags: ["${{ git.sha }}"], created: commit }'],
    ['values that a template makes wrong, at the place in the template', 'extends: go-service\nwith: { port: 70000 }'],
  ])('%s', async (_, body) => {
    expect(await findings(body)).toMatchSnapshot()
  })

  test('a template is checked though nothing extends it', async () => {
    const root = `${ROOT}  bad: { params: { a: { type: number, default: x } }, build: { run: "\${{ params.b }} \${{ date }}" } }\n`
    expect(await findingsOf({ 'builder.yaml': root })).toMatchSnapshot()
  })

  test('one fault in a template is one finding, however many services extend it', async () => {
    const root = ROOT.replace('toolchain: go\n', 'toolchain: gp\n')
    const services = {
      'a/builder.yaml': 'version: 1\nservices: { a: { extends: go-service }, b: { extends: go-service, build: { env: { X: x } } } }\n',
    }
    expect(await findingsOf({ 'builder.yaml': root, ...services })).toMatchSnapshot()
  })
})

function findings(body: string): Promise<string[]> {
  return findingsOf({ 'builder.yaml': ROOT, 'api/builder.yaml': `version: 1\nservice: api\n${body}\n` })
}

async function load(body: string) {
  const loaded = await loadTexts({ 'builder.yaml': ROOT, 'api/builder.yaml': `version: 1\nservice: api\n${body}\n` })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.diagnostics, null, 2))
  const service = loaded.value.services.get('api')
  const build = service?.builds.get('build')
  const image = service?.image
  return {
    toolchain: build?.toolchain.value,
    command: build?.command,
    env: Object.fromEntries(build?.env ?? []),
    inputs: build?.inputs[0]?.patterns.map(({ glob }) => glob),
    outputs: build?.outputs.map(({ value }) => value),
    from: image?.from.kind,
    ports: image?.ports,
    labels: Object.fromEntries(image?.labels ?? []),
    caCertificates: image?.caCertificates,
  }
}
