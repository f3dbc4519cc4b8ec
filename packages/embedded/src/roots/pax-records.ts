import { malformed } from './archive-fault.ts'
import { type BinaryText, showName } from './binary-text.ts'

export type PaxRecord = readonly [key: BinaryText, value: BinaryText]

/**
 * The records of a PAX extended header in their order: `LENGTH KEY=VALUE\n`, where LENGTH counts its own bytes.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03
 * @throws ArchiveFault
 */
export function parsePaxRecords(body: Buffer): readonly PaxRecord[] {
  const records: PaxRecord[] = []
  for (let offset = 0; offset < body.length; ) {
    const space = body.indexOf(0x20, offset)
    const length = space < 0 ? 0 : decimal(body.toString('latin1', offset, space))
    const equals = body.indexOf(0x3d, space)
    const end = offset + length
    if (equals < 0 || equals >= end || end > body.length || body[end - 1] !== 0x0a) throw malformed('an extended header is malformed')
    records.push([body.toString('latin1', space + 1, equals), body.toString('latin1', equals + 1, end - 1)])
    offset = end
  }
  return records
}

/** A whole number that counts something. @throws ArchiveFault */
export function decimal(text: string): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw malformed(`an extended header holds ${showName(text)} where a number belongs`)
  return value
}

/** Seconds, possibly with a fraction, possibly before 1970. @throws ArchiveFault */
export function decimalSeconds(text: string): number {
  if (!/^-?[0-9]{1,16}(\.[0-9]*)?$/.test(text)) throw malformed(`an extended header holds ${showName(text)} where a time belongs`)
  return Number(text)
}
