import { expect, it } from 'vitest'
import { count, formatDuration, shortDigest } from './format.ts'

it.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [59_940, '59.9 s'],
  [185_000, '3 min 5 s'],
])('%d milliseconds are %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text))

it('counts in singular and plural', () => expect([count(1, 'job'), count(2, 'job')]).toEqual(['1 job', '2 jobs']))

it('shortens a digest to what tells it apart', () => expect(shortDigest(`sha256:${'ab'.repeat(32)}`)).toBe('sha256:abababababab'))
