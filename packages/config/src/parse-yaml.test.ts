import { describe, expect, test } from 'vitest'
import { findingsOf } from './load-texts.ts'
import { parseYaml } from './parse-yaml.ts'
import { toPlain } from './yaml-node.ts'

describe('YAML 1.2', () => {
  test.each([
    [
      'a: yes\nb: on\nc: 0755\nd: 0o17\ne: 1e3\nf: ~\ng: 2026-01-31\nh: 3.10\n',
      '{"a":"yes","b":"on","c":755,"d":15,"e":1000,"f":null,"g":"2026-01-31","h":3.1}',
    ],
    ['a: &x [1, 2]\nb: *x\n', '{"a":[1,2],"b":[1,2]}'],
    ['1: a\ntrue: b\n3.10: c\n', '{"1":"a","true":"b","3.10":"c"}'],
    ['a: !!str 1\r\nb: |\r\n  x\r\n  y\r\n', '{"a":"1","b":"x\\ny\\n"}'],
    ['__proto__: { a: 1 }\nconstructor: 2\n', '{"__proto__":{"a":1},"constructor":2}'],
    ['<<: { a: 1 }\n', '{"<<":{"a":1}}'],
  ])('%j', async (text, json) => {
    const parsed = await parseYaml('x.yaml', text)
    expect(parsed.ok && JSON.stringify(toPlain(parsed.value))).toBe(json)
  })

  test('a value knows where it and its key are written', async () => {
    const parsed = await parseYaml('x.yaml', 'a:\n  - b: "c"\n')
    const text = JSON.stringify(parsed.ok && parsed.value, (_, value: unknown) => (value instanceof Map ? [...value] : value))
    expect(JSON.parse(text)).toEqual({
      kind: 'map',
      span: { file: 'x.yaml', offset: 0, length: 13 },
      entries: [
        [
          'a',
          {
            keySpan: { file: 'x.yaml', offset: 0, length: 1 },
            value: {
              kind: 'list',
              span: { file: 'x.yaml', offset: 5, length: 8 },
              items: [
                {
                  kind: 'map',
                  span: { file: 'x.yaml', offset: 7, length: 6 },
                  entries: [
                    [
                      'b',
                      {
                        keySpan: { file: 'x.yaml', offset: 7, length: 1 },
                        value: { kind: 'scalar', value: 'c', span: { file: 'x.yaml', offset: 10, length: 3 }, origin: 'written' },
                      },
                    ],
                  ],
                },
              ],
            },
          },
        ],
      ],
    })
  })
})

/** A list of nine aliases. */
const lists = (alias: string) => `[${Array.from({ length: 9 }, () => `*${alias}`).join(', ')}]`

describe('what is refused', () => {
  test.each<[string, string | Uint8Array]>([
    ['an empty file', ''],
    ['a file of comments', '# nothing\n'],
    ['a list', '[1]\n'],
    ['a single value', 'x\n'],
    ['a tab as indentation', 'a:\n\tb: c\n'],
    ['an open quote', 'a: "b\n'],
    ['an open list', 'a: [b\n'],
    ['a duplicate key', 'a: 1\nb: { c: 1, c: 2 }\na: 3\n'],
    ['a key that is no string', '? [a]\n: 1\n? ~\n: 2\n'],
    ['a second document', 'a: 1\n---\nb: 2\n'],
    ['another YAML version', '%YAML 1.1\n---\na: yes\n'],
    ['tags', 'a: !foo x\nb: !!binary aGk=\nc: !!set { d }\n'],
    ['numbers that are not exact', 'a: 1e999\nb: .nan\nc: 9007199254740993\n'],
    ['an alias without an anchor', 'a: *b\n'],
    ['an alias that holds itself', 'a: &a [*a]\n'],
    [
      'an alias bomb',
      `a: &a [x, x]\nb: &b ${lists('a')}\nc: &c ${lists('b')}\nd: &d ${lists('c')}\ne: &e ${lists('d')}\nf: ${lists('e')}\n`,
    ],
    ['65 levels', `a: ${'['.repeat(65)}${']'.repeat(65)}\n`],
    ['50,000 levels', `a: ${'['.repeat(50_000)}\n`],
    ['a NUL character', 'a: "\0"\n'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x61, 0x00])],
    ['what is not UTF-8', new Uint8Array([0x61, 0x3a, 0x20, 0xff])],
    ['more than 1 MiB', `a: ${'x'.repeat(1024 * 1024)}`],
  ])('%s', async (_, text) => {
    expect((await findingsOf({ 'builder.yaml': text })).join('\n\n')).toMatchSnapshot()
  })
})
