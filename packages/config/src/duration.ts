import type { Duration } from './workspace.ts'

/** `1h30m`, `20m`, `90s` as milliseconds beside what was written; null when it is no such duration or takes no time. */
export function parseDuration(text: string): Duration | null {
  const [, hours, minutes, seconds] = /^(?=[0-9])(?:([0-9]{1,4})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?$/.exec(text) ?? []
  const total = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  return total > 0 ? { text, milliseconds: total * 1000 } : null
}
