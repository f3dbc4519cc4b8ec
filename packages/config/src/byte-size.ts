const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['B', 1],
  ['kB', 1000],
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
])

/** Bytes of `20MiB`, `64KiB`, `1000`; null when it is not such a size or not an exact number. */
export function parseByteSize(text: string): number | null {
  const [, digits, unit] = /^([0-9]+)([A-Za-z]*)$/.exec(text) ?? []
  const factor = UNITS.get(unit ?? '')
  const bytes = Number(digits) * (factor ?? Number.NaN)
  return Number.isSafeInteger(bytes) ? bytes : null
}
