import type { WorkspacePath } from '@orchestrate/core'
import { expect, test } from 'vitest'
import { isMember, type MemberPattern, parseMember } from './members.ts'

test.each([
  [['services/*'], 'services/a', true],
  [['services/*'], 'services/a/b', false],
  [['services/*'], 'services', false],
  [['**'], 'a/b/c', true],
  [['**/api'], 'api', true],
  [['a/**/z'], 'a/b/c/z', true],
  [['a/**/z'], 'a/b/c', false],
  [['//libs/money/'], 'libs/money', true],
  [['s?c-[a-c]*'], 'svc-b1', true],
  [['s?c-[!a-c]*'], 'svc-b1', false],
  [['a(b|c){d,e}'], 'a(b|c){d,e}', true],
  [['*', '!old'], 'old', false],
  [['*', '!old', 'old'], 'old', true],
  [['é?'], 'é😀', true],
  [[], 'a', false],
])('%j takes in %s: %s', (members, directory, expected) => {
  expect(isMember(directory as WorkspacePath, members.map(parse))).toBe(expected)
})

test('a pattern of many stars is matched in its length times the path, not in its power', () => {
  const pattern = parse(`${'*a'.repeat(200)}b`)
  expect(isMember('a'.repeat(2000) as WorkspacePath, [pattern])).toBe(false)
})

test.each(['../a', '/a', 'a/../../b'])('%s is no member', (text) => {
  expect(parseMember({ value: text, span: { file: '', offset: 0, length: 0 } })).toBeNull()
})

function parse(value: string): MemberPattern {
  const pattern = parseMember({ value, span: { file: '', offset: 0, length: 0 } })
  if (pattern === null) throw new Error(value)
  return pattern
}
