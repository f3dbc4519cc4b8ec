import { expect, test } from 'vitest'
import { isImageReference, isRepository, isTag } from './image-reference.ts'

const HEX = 'a'.repeat(64)

test.each([
  ['golang', true],
  ['docker.io/library/golang:1.24', true],
  ['localhost:5000/a/b-c__d.e:Tag_1.2', true],
  [`a@sha256:${HEX}`, true],
  [`a:b@sha256:${HEX}`, true],
  ['Registry.Example.com/a', true],
  ['a:', false],
  ['a@sha256:12', false],
  [`a@sha256:${HEX}@sha256:${HEX}`, false],
  ['', false],
  ['a b', false],
  ['https://a/b', false],
  ['a:b:c', false],
])('image reference %s: %s', (text, expected) => {
  expect(isImageReference(text)).toBe(expected)
})

test.each([
  ['shop', true],
  ['ghcr.io/acme/shop', true],
  ['localhost/a', true],
  ['a/b/c', true],
  ['a--b/c', true],
  ['a..b', false],
  ['a-', false],
  ['a//b', false],
  ['a/B', false],
  ['a:1', false],
  ['a'.repeat(256), false],
])('repository %s: %s', (text, expected) => {
  expect(isRepository(text)).toBe(expected)
})

test.each([
  ['latest', true],
  ['_A.b-1', true],
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
  ['-a', false],
  ['.a', false],
  ['a/b', false],
  ['', false],
])('tag %s: %s', (text, expected) => {
  expect(isTag(text)).toBe(expected)
})
