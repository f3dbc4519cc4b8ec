import { expect, test } from 'vitest'
import { parseByteSize } from './byte-size.ts'

test.each([
  ['0', 0],
  ['1500', 1500],
  ['7B', 7],
  ['20MiB', 20_971_520],
  ['64KiB', 65_536],
  ['1GiB', 1_073_741_824],
  ['2kB', 2000],
  ['3MB', 3_000_000],
  ['1GB', 1_000_000_000],
  ['1mib', null],
  ['1.5MiB', null],
  ['-1', null],
  ['9007199254740993', null],
])('%s is %s bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes)
})
