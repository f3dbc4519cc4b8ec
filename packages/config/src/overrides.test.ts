import { describe, expect, test } from 'vitest'
import { findingsOf, loadTexts } from './load-texts.ts'

const FILES = {
  'builder.yaml': `version: 1
workspace: { name: shop }
include: [build/templates.yaml]
toolchains: { go: { image: golang, env: { CGO_ENABLED: "0" } } }
`,
  'build/templates.yaml': `version: 1
templates:
  go-service:
    params: { edition: { type: string, default: free }, level: { type: number, default: 1 } }
    build: { toolchain: go, run: "make \${{ params.edition }} \${{ params.level }}", outputs: [app] }
`,
  'checkout/builder.yaml': 'version: 1\nservice: checkout\nextends: go-service\n',
  'more/builder.yaml': 'version: 1\nservices:\n  a.b: { build: { toolchain: go, run: make, inputs: [x], outputs: [] } }\n',
}

describe('--set', () => {
  test.each([
    ['services.checkout.with.edition=pro', 'make pro 1'],
    ['services.checkout.with.edition=1.50', 'make 1.50 1'],
    ['services.checkout.with.level=2', 'make free 2'],
    ['services.checkout.build.run=echo a=b: c', 'echo a=b: c'],
    ['templates.go-service.params.edition.default=pro', 'make pro 1'],
  ])('%s changes what is run', async (override, command) => {
    expect(await commandOf('checkout', [override])).toEqual([command])
  })

  test('reaches toolchains, the workspace and services whose names hold dots; the last of two wins', async () => {
    const loaded = await loadTexts(FILES, null, [
      'toolchains.go.env.GOFLAGS=-race',
      'toolchains.go.env.CGO_ENABLED=1.10',
      'workspace.repository=ghcr.io/a',
      'workspace.repository=ghcr.io/acme',
      'services.a.b.build.run=true',
    ])
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.diagnostics))
    const { toolchains, repository, services } = loaded.value
    expect([[...(toolchains.get('go')?.env ?? [])], repository, services.get('a.b')?.builds.get('build')?.command]).toEqual([
      [
        ['CGO_ENABLED', '1.10'],
        ['GOFLAGS', '-race'],
      ],
      'ghcr.io/acme',
      { kind: 'run', steps: ['true'] },
    ])
  })

  test('is found wrong at the argument', async () => {
    const findings = await findingsOf(FILES, null, [
      'services.chekout.with.edition=pro',
      'service.checkout.with.edition=pro',
      'services.checkout.wiht.edition=pro',
      'services.checkout.with.editon=pro',
      'toolchains.go.image.x=y',
      'services.a.b.build.inputs=x',
      'services.a.b.build.netwrk=on',
      'services.checkout',
      'services.checkout=x',
      '.a=b',
      'workspace.builderCertificates=maybe',
      'toolchains.rust.image=x',
    ])
    expect(findings.join('\n\n')).toMatchInlineSnapshot(`
      "--set:1:10 ⟨chekout⟩ config/invalid-override
      --set names "chekout", which is none of the services
      help: did you mean "checkout"?

      --set:2:1 ⟨service⟩ config/invalid-override
      --set cannot change "service"
      help: did you mean "services"?

      --set:3:19 ⟨wiht⟩ config/unknown-key
      unknown key "wiht" in service "checkout"
      help: did you mean "with"?

      --set:4:24 ⟨editon⟩ config/unknown-parameter
      unknown parameter "editon" of template "go-service" in service "checkout"
      note build/templates.yaml:3:3 ⟨go-service⟩: the template is declared here
      help: did you mean "edition"?

      --set:5:21 ⟨x⟩ config/invalid-override
      "image" is a single value, and has nothing named "x"
      help: name a key below it, or change the file

      --set:6:20 ⟨inputs⟩ config/invalid-override
      "inputs" is a list, and --set changes single values
      help: name a key below it, or change the file

      --set:7:20 ⟨netwrk⟩ config/unknown-key
      unknown key "netwrk" in build "build" of service "a.b"
      help: did you mean "network"?

      --set:8:1 ⟨services.checkout⟩ config/invalid-override
      --set "services.checkout" gives no value
      help: write PATH=VALUE, such as services.checkout.with.edition=pro

      --set:9:10 ⟨checkout⟩ config/invalid-override
      a whole declaration cannot be set
      help: name a key below it, or change the file

      --set:10:1 ⟨.a=b⟩ config/invalid-override
      --set ".a=b" has a path that cannot be read
      help: write PATH=VALUE, such as services.checkout.with.edition=pro

      --set:11:31 ⟨maybe⟩ config/invalid-value
      "builderCertificates" of "workspace" must be "host", not the string "maybe"

      --set:12:12 ⟨rust⟩ config/invalid-override
      --set names "rust", which is none of the toolchains
      help: the only one known is "go""
    `)
  })
})

async function commandOf(service: string, overrides: readonly string[]): Promise<readonly string[] | null> {
  const loaded = await loadTexts(FILES, null, overrides)
  if (!loaded.ok) return null
  const command = loaded.value.services.get(service)?.builds.get('build')?.command
  return command?.kind === 'run' ? command.steps : null
}
