import { digestOf } from '@orchestrate/core'
import { expect, test } from 'vitest'
import { openParseCache, type ParseCache, type ParsedFile } from './parse-cache.ts'
import { parseYaml } from './parse-yaml.ts'
import { toPlain } from './yaml-node.ts'

const TEXT = 'a: [1, { b: "c" }]\n10: x\n2: y\n__proto__: { z: ~ }\n'
const DIGEST = digestOf(TEXT)

test('a parsed file comes back as it was, under the name that it is asked for', async () => {
  const cache = memoryCache()
  await fill(cache)
  expect(openParseCache(cache).get(DIGEST, 'other.yaml')?.root).toEqual((await parse('other.yaml')).root)
})

test('the plain value comes back too', async () => {
  const cache = memoryCache()
  await fill(cache)
  expect(JSON.stringify(openParseCache(cache).get(DIGEST, 'x.yaml')?.plain)).toBe(
    '{"2":"y","10":"x","a":[1,{"b":"c"}],"__proto__":{"z":null}}',
  )
})

test('nothing is saved when nothing is new', async () => {
  const cache = memoryCache()
  await fill(cache)
  const again = openParseCache(cache)
  again.get(DIGEST, 'x.yaml')
  again.close()
  expect(cache.saves).toBe(1)
})

test('a file that is not asked for is forgotten', async () => {
  const cache = memoryCache()
  await fill(cache)
  openParseCache(cache).close()
  expect(openParseCache(cache).get(DIGEST, 'x.yaml')).toBeNull()
})

test.each([
  ['cut', (text: string) => text.slice(0, -10)],
  ['changed', (text: string) => text.replace('"c"', '"d"')],
  ['empty', () => ''],
  ['of another form', () => `${digestOf('["other"]')}\n["other"]`],
])('a cache that is %s counts as empty', async (_, damage) => {
  const cache = memoryCache()
  await fill(cache)
  cache.save(damage(cache.load() ?? ''))
  expect(openParseCache(cache).get(DIGEST, 'x.yaml')).toBeNull()
})

async function parse(file: string): Promise<ParsedFile> {
  const parsed = await parseYaml(file, TEXT)
  if (!parsed.ok) throw new Error('the text is wrong')
  return { root: parsed.value, plain: toPlain(parsed.value) }
}

async function fill(cache: ParseCache): Promise<void> {
  const files = openParseCache(cache)
  files.put(DIGEST, await parse('x.yaml'))
  files.close()
}

function memoryCache(): ParseCache & { readonly saves: number } {
  let kept: string | null = null
  let saves = 0
  return {
    load: () => kept,
    save(text) {
      kept = text
      saves++
    },
    get saves() {
      return saves
    },
  }
}
