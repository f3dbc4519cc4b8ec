import type { Clock } from '@orchestrate/core'

const EVERY_MS = 2000

/** Turns what a bootstrap says into one live line every two seconds, and one at each new step. */
export function createBootstrapProgress(what: string, clock: Clock, progress: (message: string) => void): (line: string) => void {
  let total: string | null = null
  let unpacked = 0
  let saidAt = Number.NEGATIVE_INFINITY
  const say = (message: string): void => {
    saidAt = clock.monotonic()
    progress(`bootstrapping ${what}: ${message}`)
  }
  return (line) => {
    const step = STEPS.find(([prefix]) => line.startsWith(prefix))
    if (step !== undefined) return say(step[1])
    const planned = /, (\d+) newly installed, /.exec(line)?.[1]
    if (planned !== undefined && planned !== '0') {
      total = planned
      return say(`${planned} packages`)
    }
    if (!line.startsWith('Unpacking ')) return
    unpacked += 1
    if (clock.monotonic() - saidAt >= EVERY_MS)
      say(total === null ? `${unpacked} packages unpacked` : `${unpacked} of ${total} packages unpacked`)
  }
}

const STEPS: readonly (readonly [string, string])[] = [
  ['I: running --setup-hook', 'reading package lists'],
  ['I: downloading packages', 'downloading packages'],
  ['I: extracting archives', 'extracting essential packages'],
  ['I: installing essential', 'installing essential packages'],
  ['I: creating tarball', 'storing the root file system'],
]
