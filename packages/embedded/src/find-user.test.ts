import { expect, it } from 'vitest'
import { findUser } from './find-user.ts'

const files = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nbuilder:x:1000:1001:builder:/home/builder:/bin/sh\n',
  group: 'root:x:0:\nbuilder:x:1001:\ndocker:x:998:builder,other\naudio:x:29:otherbuilder\n',
}

it.each([
  [null, { uid: 0, gid: 0, additionalGids: [] }],
  ['0', { uid: 0, gid: 0, additionalGids: [] }],
  ['builder', { uid: 1000, gid: 1001, additionalGids: [998] }],
  ['1000', { uid: 1000, gid: 1001, additionalGids: [998] }],
  ['1000:5', { uid: 1000, gid: 5, additionalGids: [] }],
  ['builder:docker', { uid: 1000, gid: 998, additionalGids: [] }],
  ['65532', { uid: 65_532, gid: 0, additionalGids: [] }],
])('takes %s for %o', (user, expected) => {
  expect(findUser(user, files)).toEqual({ ok: true, value: expected })
})

it.each([
  ['nobody', 'nobody'],
  ['builder:wheel', 'wheel'],
  ['', ''],
  ['-1', '-1'],
])('says of %s that there is no "%s"', (user, name) => {
  expect(findUser(user, files)).toEqual({ ok: false, error: name })
})

it('takes numbers where nobody is listed', () => {
  expect(findUser('7:8', { passwd: '', group: '' })).toEqual({ ok: true, value: { uid: 7, gid: 8, additionalGids: [] } })
})
