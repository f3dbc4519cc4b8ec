import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { JAVA_CERTIFICATES_PROGRAM } from './java-certificates.ts'

/** What the program makes of a file, as the finishing script runs it. */
function normalise(content: Buffer): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'java-certificates-'))
  const file = join(directory, 'cacerts')
  try {
    writeFileSync(file, content)
    execFileSync('sh', ['-c', `perl -e '${JAVA_CERTIFICATES_PROGRAM}' "$1"`, 'sh', file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: '315619200' },
    })
    return readFileSync(file)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** A key store of two certificates that were entered at `time`, milliseconds since the Unix epoch. */
function keyStore(time: number, password = 'changeit'): Buffer {
  const word = (value: number): Buffer => Buffer.from(value.toString(16).padStart(8, '0'), 'hex')
  const text = (value: string): Buffer => Buffer.concat([word(value.length).subarray(2), Buffer.from(value)])
  const entry = (alias: string, certificate: string): Buffer =>
    Buffer.concat([
      word(2),
      text(alias),
      Buffer.from(time.toString(16).padStart(16, '0'), 'hex'),
      text('X.509'),
      word(certificate.length),
      Buffer.from(certificate),
    ])
  const body = Buffer.concat([word(0xfeedfeed), word(2), word(2), entry('debian:one.pem', 'first'), entry('debian:two.pem', 'another')])
  const key = Buffer.from(password, 'utf16le').swap16()
  return Buffer.concat([body, createHash('sha1').update(key).update('Mighty Aphrodite').update(body).digest()])
}

it('gives key stores that were made at different times the same bytes, sealed as Java seals them', () => {
  const epoch = keyStore(315619200_000)
  expect(normalise(keyStore(1_700_000_000_000))).toEqual(epoch)
  expect(normalise(epoch)).toEqual(epoch)
})

it('leaves alone what it cannot seal again', () => {
  const foreign = keyStore(1_700_000_000_000, 'secret')
  expect(normalise(foreign)).toEqual(foreign)
  expect(normalise(Buffer.from('PKCS'))).toEqual(Buffer.from('PKCS'))
  expect(normalise(Buffer.alloc(0))).toEqual(Buffer.alloc(0))
})
