import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sampleTar } from '../sample-tar.ts'
import { findTimezones } from './find-timezones.ts'

test('takes every file of the directory, and the links that stay in it', () => {
  const zones = timezonesOf({
    'usr/share/zoneinfo/Europe/Berlin': 'berlin',
    'usr/share/zoneinfo/CET': '-> Europe/Berlin',
    'usr/share/zoneinfo/Europe/Bonn': '-> ../CET',
    'usr/share/zoneinfo/localtime': '-> /etc/localtime',
    'usr/share/zoneinfo/posixrules': '-> ../../lib/posixrules',
    'usr/share/zoneinfo.old/X': 'x',
  })
  expect(zones).toEqual({ CET: '-> Europe/Berlin', Europe: 'directory', 'Europe/Berlin': 'berlin', 'Europe/Bonn': '-> ../CET' })
})

test('applies what upper layers replace and remove', () => {
  const zones = timezonesOf(
    { 'usr/share/zoneinfo/A/x': 'x', 'usr/share/zoneinfo/B': 'b', 'usr/share/zoneinfo/C': 'c' },
    {
      'usr/share/zoneinfo/A/.wh..wh..opq': '',
      'usr/share/zoneinfo/A/y': 'y',
      'usr/share/zoneinfo/.wh.B': '',
      'usr/share/zoneinfo/C': 'new',
    },
  )
  expect(zones).toEqual({ A: 'directory', 'A/y': 'y', C: 'new' })
})

test('knows a root without time zones, and one whose time zones were removed', () => {
  expect(timezonesOf({ 'etc/passwd': 'root' })).toBe(null)
  expect(timezonesOf({ 'usr/share/zoneinfo/UTC': 'utc' }, { 'usr/.wh.share': '' })).toBe(null)
})

function timezonesOf(...layers: Readonly<Record<string, string>>[]): Record<string, string> | null {
  const directory = mkdtempSync(join(tmpdir(), 'find-timezones-'))
  try {
    const files = layers.map((layer, index) => {
      const file = join(directory, `${index}.tar`)
      writeFileSync(file, sampleTar(layer))
      return file
    })
    const zones = findTimezones(files)
    return zones === null ? null : Object.fromEntries([...zones].map(([path, member]) => [path, shown(member)]))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function shown(member: NonNullable<ReturnType<typeof findTimezones>> extends ReadonlyMap<string, infer Member> ? Member : never): string {
  if (member.type === 'file') return Buffer.from(member.content).toString()
  return member.type === 'symlink' ? `-> ${member.target}` : 'directory'
}
