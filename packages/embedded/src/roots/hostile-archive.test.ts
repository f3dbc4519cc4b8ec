import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gnuLongName, handMadeTar, type Member, memberBytes, paxHeader } from '../../test/hand-made-tar.ts'
import { describeTree, imageOf, never, temporaryRoots } from '../../test/temporary-roots.ts'

const climbing = (name: string): Member => ({ name, flag: '2', linkName: '../../../../outside' })

/** Archives that reach out, or contradict themselves: the second layer of two, and why it is refused. */
const HOSTILE: readonly (readonly [string, readonly (Member | Buffer)[], string])[] = [
  ['a name that climbs', [{ name: '../outside/x' }], 'entry "../outside/x" of LAYER is refused: the name "../outside/x" climbs'],
  ['a name that climbs in its middle', [{ name: 'a/../../x' }], 'entry "a/../../x" of LAYER is refused: the name "a/../../x" climbs'],
  ['a PAX name that climbs', [paxHeader([['path', '..']]), { name: 'a' }], 'entry ".." of LAYER is refused: the name ".." climbs'],
  [
    'a GNU name that climbs',
    [gnuLongName('L', 'x/../..'), { name: 'a' }],
    'entry "x/../.." of LAYER is refused: the name "x/../.." climbs',
  ],
  [
    'a parent that is a link out of the root',
    [climbing('door'), { name: 'door/x' }],
    'entry "door/x" of LAYER is refused: a link among its parents leads out of the root',
  ],
  [
    "a parent that is a lower layer's link out of the root",
    [{ name: 'lower-door/x' }],
    'entry "lower-door/x" of LAYER is refused: a link among its parents leads out of the root',
  ],
  [
    'a directory below a link out of the root',
    [climbing('door'), { name: 'door/d/', flag: '5' }],
    'entry "door/d/" of LAYER is refused: a link among its parents leads out of the root',
  ],
  [
    'a whiteout behind a link out of the root',
    [climbing('door'), { name: 'door/.wh.canary' }],
    'entry "door/.wh.canary" of LAYER is refused: a link among its parents leads out of the root',
  ],
  [
    'a hard link behind a link out of the root',
    [climbing('door'), { name: 'h', flag: '1', linkName: 'door/canary' }],
    'entry "h" of LAYER is refused: a link among its parents leads out of the root',
  ],
  [
    'a hard link that climbs',
    [{ name: 'h', flag: '1', linkName: '../../canary' }],
    'entry "h" of LAYER is refused: the name "../../canary" climbs',
  ],
  [
    'a hard link to what is not there',
    [{ name: 'h', flag: '1', linkName: '/etc/shadow' }],
    'entry "h" of LAYER is refused: it is a hard link to "/etc/shadow", which is not there',
  ],
  [
    'a hard link to a directory',
    [
      { name: 'd/', flag: '5' },
      { name: 'h', flag: '1', linkName: 'd' },
    ],
    'entry "h" of LAYER is refused: it is a hard link to the directory "d"',
  ],
  [
    'a hard link in the place of its target',
    [{ name: 'd/x' }, { name: 'd', flag: '1', linkName: 'd/x' }],
    'entry "d" of LAYER is refused: it is a hard link to "d/x", which is not there',
  ],
  [
    'a circle of links',
    [{ name: 'a', flag: '2', linkName: 'b' }, { name: 'b', flag: '2', linkName: 'a' }, { name: 'a/x' }],
    'entry "a/x" of LAYER is refused: its parents are a circle of links',
  ],
  ['a file as a parent', [{ name: 'f' }, { name: 'f/x' }], 'entry "f/x" of LAYER is refused: "f" is a file, not a directory'],
  [
    'a file in the place of the root',
    [{ name: './', flag: '2', linkName: '/' }],
    'entry "./" of LAYER is refused: it takes the place of the root',
  ],
  ['a whiteout of the parent', [{ name: 'a/.wh...' }], 'entry "a/.wh..." of LAYER is refused: it is a whiteout of no name'],
  ['a whiteout of the directory itself', [{ name: 'a/.wh..' }], 'entry "a/.wh.." of LAYER is refused: it is a whiteout of no name'],
  ['a whiteout of nothing', [{ name: '.wh.' }], 'entry ".wh." of LAYER is refused: it is a whiteout of no name'],
  ['a link to nothing', [{ name: 'l', flag: '2' }], 'entry "l" of LAYER is refused: it is a link to nothing'],
  ['a NUL in a name', [paxHeader([['path', 'a\0b']]), { name: 'a' }], 'entry "a\\u{0}b" of LAYER is refused: a name holds a NUL'],
  [
    'a name that speaks to the terminal',
    [paxHeader([['path', '../\u001b[2J']]), { name: 'a' }],
    'entry "../\\u{1b}[2J" of LAYER is refused: the name "../\\u{1b}[2J" climbs',
  ],
  [
    'a name longer than any disk has',
    [gnuLongName('L', 'n'.repeat(300)), { name: 'n' }],
    `entry "${'n'.repeat(200)}…" of LAYER is refused: its name or target is too long`,
  ],
]

describe('an archive with', () => {
  it.each(HOSTILE)('%s is refused, and nothing of it is kept', async (_, members, message) => {
    using temporary = temporaryRoots()
    mkdirSync(join(temporary.directory, 'state/outside'), { recursive: true })
    writeFileSync(join(temporary.directory, 'state/outside/canary'), 'alive')
    const lower = handMadeTar(climbing('lower-door'), { name: 'innocent' })
    const root = temporary.rootOf(lower, handMadeTar(...members))
    const refused = await temporary.roots.ensure(root, [], never)
    const diffId = root.content.kind === 'layers' ? root.content.layers[1]?.diffId : ''
    expect(refused.ok ? null : refused.error).toEqual({
      kind: 'integrity',
      id: 'embedded/hostile-archive',
      message: message.replace('LAYER', `layer 2 of 2 of a root file system (${diffId})`),
      details: [],
      help: 'do not use the archive before you know who made it so; nothing of it was kept',
    })
    expect(temporary.kept()).toEqual([])
    expect(describeTree(join(temporary.directory, 'state'))).toEqual({ outside: '755 /', 'outside/canary': '644 alive', roots: '700 /' })
  })
})

it('tells an archive that cannot be read from one that was damaged on its way', async () => {
  using temporary = temporaryRoots()
  const cut = temporary.rootOf(memberBytes({ name: 'a', content: 'x'.repeat(600) }).subarray(0, 900))
  const malformed = await temporary.roots.ensure(cut, [], never)
  expect(malformed.ok ? null : malformed.error).toMatchObject({ kind: 'environment', id: 'embedded/malformed-archive' })
  const damaged = temporary.rootOf(handMadeTar({ name: 'a' }))
  const [layer] = damaged.content.kind === 'layers' ? damaged.content.layers : []
  appendFileSync(layer?.file ?? '', 'more')
  const changed = await temporary.roots.ensure(damaged, [], never)
  expect(changed.ok ? null : changed.error).toMatchObject({ kind: 'integrity', id: 'embedded/layer-changed' })
  rmSync(layer?.file ?? '')
  const gone = await temporary.roots.ensure(damaged, [], never)
  expect(gone.ok ? null : gone.error).toMatchObject({ kind: 'environment', id: 'embedded/layer-unreadable' })
  expect(temporary.kept()).toEqual([])
})

it('takes a gzip that is cut for a layer that cannot be read', async () => {
  using temporary = temporaryRoots()
  const image = imageOf(handMadeTar({ name: 'a', content: 'x'.repeat(9000) }))
  const cut = {
    ...image,
    layers: image.layers.map((layer) => ({
      ...layer,
      open: async function* () {
        for await (const piece of layer.open()) yield piece.subarray(0, 20)
      },
    })),
  }
  const refused = await temporary.roots.ensureImage(cut, never)
  expect(refused.ok ? null : refused.error).toMatchObject({ id: 'embedded/layer-unreadable', details: ['unexpected end of file'] })
})
