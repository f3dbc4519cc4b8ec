const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `512 B`, `2.0 MiB`, `270 MiB`: binary units, three significant figures. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit] ?? 'B'}`
}

/** `40 ms`, `1.2 s`, `3 min 5 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

/** `1 target`, `3 targets`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}

/** `sha256:` and twelve digits: enough to tell digests apart in a table. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12)
}
