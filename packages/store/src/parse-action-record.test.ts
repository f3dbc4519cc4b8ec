import { describe, expect, it } from 'vitest'
import { buildTargetId, imageTargetId, toolchainTargetId } from '@orchestrate/core'
import { digestNumber } from '../test/temporary-store.ts'
import type { ActionRecord, BuildRecord } from './action-record.ts'
import { parseActionRecord, serialiseActionRecord } from './parse-action-record.ts'

const build: BuildRecord = {
  schema: 1,
  kind: 'build',
  fingerprint: digestNumber(1),
  target: buildTargetId('api', 'build'),
  durationMs: 1200,
  finishedAt: 1_700_000_000_000,
  artifacts: [{ output: 'app', tree: digestNumber(2), bytes: 12 }],
  log: digestNumber(3),
  toolchainBytes: 99,
}

const records: readonly ActionRecord[] = [
  build,
  { ...build, artifacts: [], log: null },
  {
    schema: 1,
    kind: 'image',
    fingerprint: digestNumber(1),
    target: imageTargetId('api'),
    durationMs: 5,
    finishedAt: 0,
    manifest: digestNumber(4),
    config: digestNumber(5),
    layers: [
      {
        digest: digestNumber(6),
        size: 10,
        diffId: digestNumber(7),
        uncompressedSize: 9,
        source: { kind: 'entries', blob: digestNumber(8) },
      },
      { digest: digestNumber(9), size: 10, diffId: digestNumber(10), uncompressedSize: 9, source: { kind: 'tar', blob: digestNumber(10) } },
    ],
    bytes: 100,
    toolchainBytes: null,
  },
  {
    schema: 1,
    kind: 'toolchain',
    fingerprint: digestNumber(1),
    target: toolchainTargetId('go'),
    durationMs: 5,
    finishedAt: 0,
    layers: [{ diffId: digestNumber(6), size: 10 }],
    certificates: null,
    bytes: 100,
  },
]

describe('records as text', () => {
  it.each(records.map((record) => [record.kind, record] as const))('are read back as they were: %s', (_, record) => {
    expect(parseActionRecord(serialiseActionRecord(record))).toEqual(record)
  })

  it('hold whole milliseconds', () => {
    expect(parseActionRecord(serialiseActionRecord({ ...build, durationMs: 1200.4, finishedAt: 1.6 }))).toEqual({
      ...build,
      durationMs: 1200,
      finishedAt: 2,
    })
  })

  it.each([
    ['no JSON', ''],
    ['null', 'null'],
    ['another schema', serialiseActionRecord(build).replace('"schema":1', '"schema":2')],
    ['another kind', serialiseActionRecord(build).replace('"kind":"build"', '"kind":"push"')],
    ['an unknown key', serialiseActionRecord(build).replace('"kind"', '"exitCode":0,"kind"')],
    ['a missing key', serialiseActionRecord(build).replace('"toolchainBytes":99', '"toolchainbytes":99')],
    ['a malformed digest', serialiseActionRecord(build).replace('sha256:', 'sha512:')],
    ['a fraction', serialiseActionRecord(build).replace('1200', '1200.5')],
    ['an odd artifact', serialiseActionRecord(build).replace('"bytes":12', '"bytes":-12')],
  ])('are refused with %s', (_, text) => {
    expect(parseActionRecord(text)).toBeNull()
  })
})
