import { type CanonicalValue, digestOf, type TargetId, type WorkspacePath } from '@orchestrate/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprintOf } from './fingerprint.ts'
import type { Ingredients, NeedContents, NeedIngredient } from './ingredients.ts'
import type { InventoryEntry } from './inventory.ts'
import { recipeOf } from './recipe.ts'

describe('recipe and fingerprint', () => {
  it('do not hang on the order in which members of facts were made', () => {
    fc.assert(
      fc.property(ingredients(), (one) => {
        const other = { ...one, facts: reverseMembers(one.facts) }
        expect(digests(other)).toEqual(digests(one))
      }),
    )
  })

  it('are equal only for equal ingredients', () => {
    fc.assert(
      fc.property(ingredients(), ingredients(), (one, other) => {
        const same = JSON.stringify(identifying(one)) === JSON.stringify(identifying(other))
        expect(digests(one).recipe === digests(other).recipe).toBe(same)
        expect(digests(one).fingerprint === digests(other).fingerprint).toBe(same)
      }),
      { numRuns: 500 },
    )
  })

  it('change with every fact, input and need', () => {
    fc.assert(
      fc.property(ingredients(), fc.nat(), (one, pick) => {
        const changes = variations(one)
        const changed = changes[pick % changes.length] ?? one
        expect(digests(changed).recipe).not.toBe(digests(one).recipe)
        expect(digests(changed).fingerprint).not.toBe(digests(one).fingerprint)
      }),
    )
  })

  it('do not collide where text could be cut in two ways', () => {
    const command = (...steps: string[]): Ingredients => withFacts({ command: steps })
    const all = [
      command('ab', 'c'),
      command('a', 'bc'),
      command('abc'),
      command('a","b', 'c'),
      command('a', 'b","c'),
      withFacts({ 'command":["abc"]': 1 }),
    ]
    expect(new Set(all.map((one) => digests(one).fingerprint)).size).toBe(all.length)
  })

  it('never equal each other', () => {
    const one: Ingredients = withFacts({})
    expect(digests(one).recipe).not.toBe(digests(one).fingerprint)
  })

  it('do not know whose they are', () => {
    fc.assert(
      fc.property(ingredients(), (one) => {
        const other = {
          ...one,
          target: 'renamed:build' as TargetId,
          needs: one.needs.map((item) => ({ ...item, name: `other ${item.name}` })),
        }
        expect(digests(other)).toEqual(digests(one))
      }),
    )
  })

  it('keep names that mean something to JavaScript', () => {
    const all = ['__proto__', 'constructor', 'toString', 'a'].map(
      (name) => digests(withFacts({ env: Object.fromEntries([[name, 'x']]) })).fingerprint,
    )
    expect(new Set(all).size).toBe(4)
  })
})

const contents: NeedContents = {
  artifact: (target, output) => digestOf(`${target} ${output}`),
  toolchain: (target) => digestOf(target),
  image: (target) => digestOf(target),
}

function digests(one: Ingredients): { readonly recipe: string; readonly fingerprint: string | undefined } {
  return { recipe: recipeOf(one, (target) => digestOf(target)), fingerprint: fingerprintOf(one, contents)?.fingerprint }
}

function withFacts(facts: Ingredients['facts']): Ingredients {
  return { target: 'a:build' as TargetId, kind: 'build', facts, inputs: [], needs: [] }
}

function variations(one: Ingredients): readonly Ingredients[] {
  const [name] = Object.keys(one.facts)
  const [input] = one.inputs
  const [first] = one.needs
  return [
    { ...one, kind: one.kind === 'build' ? 'image' : 'build' },
    { ...one, facts: { ...one.facts, added: 1 } },
    ...(name === undefined ? [] : [{ ...one, facts: { ...one.facts, [name]: ['changed', one.facts[name] ?? null] } }]),
    { ...one, inputs: [...one.inputs, { path: 'z/added' as WorkspacePath, mode: 'file', digest: digestOf('z'), size: 1 }] },
    ...(input === undefined
      ? []
      : [
          { ...one, inputs: [{ ...input, digest: digestOf('other') }, ...one.inputs.slice(1)] },
          { ...one, inputs: one.inputs.slice(1) },
        ]),
    ...(first === undefined
      ? []
      : [
          { ...one, needs: one.needs.slice(1) },
          { ...one, needs: [{ ...first, target: 'other:target' as TargetId }, ...one.needs.slice(1)] },
        ]),
  ]
}

/** What the digests stand for: everything but names. */
function identifying({ kind, facts, inputs, needs }: Ingredients): unknown {
  return {
    kind,
    facts: sortMembers(facts),
    inputs: inputs.map(({ path, mode, digest }) => [path, mode, digest]),
    needs: needs.map(({ target, use }) => [target, use]),
  }
}

function sortMembers(facts: Ingredients['facts']): unknown {
  return Object.entries(facts).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function reverseMembers(facts: Ingredients['facts']): Ingredients['facts'] {
  return Object.fromEntries(Object.entries(facts).toReversed())
}

/** Few names and values, so that equal and nearly equal ingredients come up. */
function ingredients(): fc.Arbitrary<Ingredients> {
  const text = fc.constantFrom('', 'a', 'b', 'ab', '"', '","', '\\', 'ä', '\ud800')
  const value: fc.Arbitrary<CanonicalValue> = fc.oneof(
    text,
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(0, 1),
    fc.array(text, { maxLength: 2 }),
  )
  const input: fc.Arbitrary<InventoryEntry> = fc.record({
    path: fc.constantFrom('a', 'a/b', 'b"c').map((path) => path as WorkspacePath),
    mode: fc.constantFrom('file', 'executable', 'symlink'),
    digest: fc.constantFrom(digestOf('1'), digestOf('2')),
    size: fc.constant(1),
  })
  return fc.record({
    target: fc.constant('a:build' as TargetId),
    kind: fc.constantFrom('build', 'image'),
    facts: fc.dictionary(fc.constantFrom('env', 'command', 'user'), value, { maxKeys: 2 }),
    inputs: fc.array(input, { maxLength: 2 }),
    needs: fc.array(need(), { maxLength: 2 }),
  })
}

function need(): fc.Arbitrary<NeedIngredient> {
  const artifact = fc.record({
    kind: fc.constant('artifact' as const),
    output: fc.constantFrom('x', 'y'),
    within: fc.constantFrom('', 'x'),
    at: fc.constantFrom('/a', '/b'),
  })
  const toolchain = fc.record({ kind: fc.constant('toolchain' as const), at: fc.constantFrom('builder', 'base', 'certificates') })
  const use: fc.Arbitrary<NeedIngredient['use']> = fc.oneof(artifact, toolchain)
  return fc.record({ name: fc.constantFrom('n', 'm'), target: fc.constantFrom('p:q' as TargetId, 'r:s' as TargetId), use })
}
