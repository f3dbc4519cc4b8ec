import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CONFIG_DIAGNOSTICS } from './diagnostics.ts'
import { loadTexts } from './load-texts.ts'

const IDS: ReadonlySet<string> = new Set(CONFIG_DIAGNOSTICS.map(({ id }) => id))

const GOOD = `version: 1
workspace: { name: shop, members: ["*"], repository: ghcr.io/acme/shop }
toolchains:
  go: { image: "golang:1.24", env: { A: "0" }, caches: { go: /root/.cache } }
templates:
  t:
    params: { p: { type: string, default: x } }
    build: { toolchain: go, run: ["a \${{ params.p }}"], inputs: ["**", "!x"], outputs: [app] }
services:
  a:
    extends: t
    with: { p: y }
    build: { inputs: ["...", { glob: z, optional: true }], needs: [{ artifact: "b:build/app", to: n }] }
    image: { from: { debian: { suite: trixie } }, files: [{ artifact: build/app, to: /a }], ports: [80], tags: ["\${{ service.name }}"], maxSize: 1MiB }
  b: { builds: { build: { toolchain: go, exec: [x], outputs: [app], source: { path: /x } } } }
`

/** A good file with pieces cut out, doubled, and replaced by what means something in YAML. */
const mutated = fc
  .array(
    fc.record({
      at: fc.nat(GOOD.length),
      length: fc.nat(30),
      by: fc.oneof(
        fc.constantFrom(
          '',
          '\n',
          '  ',
          '- ',
          ': ',
          '[',
          ']',
          '{',
          '}',
          '&a ',
          '*a',
          '!!x ',
          '"',
          '...',
          '${{ ',
          ' }}',
          '..',
          '//',
          '~',
          '1e999',
          '__proto__',
          '\0',
          '\t',
        ),
        fc.string({ maxLength: 5 }),
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((edits) => edits.reduce((text, { at, length, by }) => text.slice(0, at) + by + text.slice(at + length), GOOD))

test('a mutated file is loaded or explained, never thrown at', async () => {
  await fc.assert(fc.asyncProperty(mutated, explains), { numRuns: 500 })
}, 60_000)

test('any text is loaded or explained', async () => {
  await fc.assert(fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), explains), { numRuns: 300 })
}, 60_000)

const KEYS = [
  'version',
  'workspace',
  'name',
  'toolchains',
  'templates',
  'service',
  'services',
  'library',
  'sources',
  'uses',
  'extends',
  'with',
  'params',
  'build',
  'builds',
  'image',
  'from',
  'debian',
  'files',
  'artifact',
  'to',
  'needs',
  'inputs',
  'outputs',
  'run',
  'env',
  '__proto__',
  'a',
]

const tree = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom('a', 'x/y', '...', '${{ service.name }}', '//', '..', 1, -1, 0.5, true, null),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('node'), { maxKeys: 5 }),
  ),
})).node

test('a file of known keys in any order is loaded or explained', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...KEYS), tree, { maxKeys: 8 }), (file) =>
      explains(JSON.stringify({ version: 1, workspace: { name: 'a' }, ...file })),
    ),
    { numRuns: 500 },
  )
}, 60_000)

async function explains(text: string): Promise<void> {
  const loaded = await loadTexts({ 'builder.yaml': text, 'a/builder.yaml': text.replace(/workspace/g, 'service') })
  if (loaded.ok) return
  expect(loaded.error.diagnostics.length).toBeGreaterThan(0)
  for (const { id, span } of loaded.error.diagnostics) {
    expect(IDS).toContain(id)
    if (span !== null) expect(span.offset + span.length).toBeLessThanOrEqual(loaded.error.files.get(span.file)?.length ?? -1)
  }
}
