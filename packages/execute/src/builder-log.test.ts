import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBuilderLog } from './builder-log.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'builder-log-'))
})
afterEach(() => rmSync(base, { recursive: true }))

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('openBuilderLog', () => {
  it('keeps the bytes as they came, and splits lines however the chunks were cut', () => {
    const lines: string[] = []
    const log = openBuilderLog(join(base, 'log'), (stream, line) => lines.push(`${stream} ${line}`))
    const euro = Buffer.from('3 €\nlast')
    log.write('stdout', euro.subarray(0, 3))
    log.write('stderr', bytes('warning\r\n'))
    log.write('stdout', euro.subarray(3))
    expect(log.close()).toBe(true)
    expect(lines).toEqual(['stderr warning', 'stdout 3 €', 'stdout last'])
    expect(log.tail()).toEqual(['warning', '3 €', 'last'])
    expect(readFileSync(join(base, 'log'))).toEqual(Buffer.concat([euro.subarray(0, 3), bytes('warning\r\n'), euro.subarray(3)]))
  })

  it('keeps the last fifty lines of a flood, and all of its bytes, without an event for each', () => {
    const log = openBuilderLog(join(base, 'log'), null)
    const flood = bytes('y\n'.repeat(1_000_000))
    log.write('stdout', flood)
    log.write('stdout', bytes('end\n'))
    log.close()
    expect([log.tail().length, log.tail().at(-1), log.size(), statSync(join(base, 'log')).size]).toEqual([
      50,
      'end',
      flood.length + 4,
      flood.length + 4,
    ])
  })

  it('cuts a line that never ends', () => {
    const log = openBuilderLog(join(base, 'log'), () => {})
    log.write('stdout', bytes('x'.repeat(20_000)))
    log.close()
    expect(log.tail().every((line) => line.length <= 8 * 1024 + 1)).toBe(true)
  })

  it('costs the log, not the build, where it cannot be written', () => {
    const log = openBuilderLog(join(base, 'missing/log'), null)
    log.write('stderr', bytes('why\n'))
    expect([log.close(), log.tail()]).toEqual([false, ['why']])
  })
})
