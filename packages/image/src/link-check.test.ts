import type { TreeEntry } from '@orchestrate/store'
import { describe, expect, it } from 'vitest'
import { findLeavingLink } from './link-check.ts'

describe('findLeavingLink', () => {
  it.each([
    ['a link to a sibling', { 'a/link': 'b' }],
    ['a link to a parent inside the artifact', { 'a/b/link': '../..' }],
    ['a link that leads nowhere', { link: 'missing/../also' }],
    ['a loop', { a: 'b', b: 'a' }],
    ['a long chain', Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`l${index}`, `l${index + 1}`]))],
  ] as const)('keeps %s', (_, links) => {
    expect(findLeavingLink(tree(links))).toBe(null)
  })

  it.each([
    ['an absolute link', { link: '/etc/passwd' }, 'link'],
    ['a link above the root', { 'a/link': '../../x' }, 'a/link'],
    ['a link that leaves through another', { 'p/q/s': '../..', t: 'p/q/s/../x' }, 't'],
    ['a link that comes back by name', { link: '../artifact/x' }, 'link'],
    ['an artifact that is a link itself', { '': 'x' }, ''],
  ] as const)('finds %s', (_, links, path) => {
    expect(findLeavingLink(tree(links))).toEqual({ path, target: Object.entries(links).find(([name]) => name === path)?.[1] })
  })
})

function tree(links: Readonly<Record<string, string>>): TreeEntry[] {
  return Object.entries(links).map(([path, target]) => ({ type: 'symlink', path, target }))
}
