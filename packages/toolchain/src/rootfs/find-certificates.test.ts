import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sampleTar } from '../sample-tar.ts'
import { findCertificates } from './find-certificates.ts'

const PATH = 'etc/ssl/certs/ca-certificates.crt'
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certificates-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function find(...layers: readonly Buffer[]): string | null {
  const files = layers.map((layer, index) => {
    const file = join(directory, `${index}.tar`)
    writeFileSync(file, layer)
    return file
  })
  const found = findCertificates(files)
  return found === null ? null : Buffer.from(found).toString()
}

it.each(['pax', 'gnu', 'ustar'] as const)('finds the bundle in a tar of the format %s', (format) => {
  const files = { [`${'long/'.repeat(18)}file`]: 'x', [PATH]: 'bundle', 'usr/bin/sh': 'y'.repeat(2000) }
  expect(find(sampleTar(files, format))).toBe('bundle')
})

it('finds nothing where there is none', () => {
  expect(find(sampleTar({ 'etc/ssl/certs/other.crt': 'x' }))).toBeNull()
})

it('follows links, relative and absolute, and never for ever', () => {
  expect(find(sampleTar({ [PATH]: '-> ../../pki/bundle', 'etc/pki/bundle': '-> /usr/share/pem', 'usr/share/pem': 'bundle' }))).toBe(
    'bundle',
  )
  expect(find(sampleTar({ [PATH]: `-> /${PATH}` }))).toBeNull()
  expect(find(sampleTar({ [PATH]: '-> /../../../usr/pem', 'usr/pem': 'inside' }))).toBe('inside')
})

it('takes the highest layer that has it', () => {
  expect(find(sampleTar({ [PATH]: 'low' }), sampleTar({ [PATH]: 'high' }), sampleTar({ 'bin/x': '' }))).toBe('high')
})
