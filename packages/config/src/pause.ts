const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** Milliseconds of `500ms`, `30s`, `5m`, `1h`; null when it is not such a time. */
export function parsePause(text: string): number | null {
  const [, digits, unit] = /^([0-9]{1,9})(ms|s|m|h)$/.exec(text) ?? []
  const factor = UNITS.get(unit ?? '')
  return factor === undefined ? null : Number(digits) * factor
}
