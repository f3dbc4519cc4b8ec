import { median } from './measure.mjs'

/**
 * Lets every contender run in turn, `count` times, and prints what each took.
 * @param {string} title
 * @param {number} count
 * @param {Record<string, () => number>} contenders each gives seconds
 * @returns {Record<string, number>} the median of each, in seconds
 */
export function table(title, count, contenders) {
  /** @type {Record<string, number[]>} */
  const seconds = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let run = 0; run < count; run++) for (const [name, contender] of Object.entries(contenders)) seconds[name].push(contender())
  process.stdout.write(`${title} (${count} ${count === 1 ? 'run' : 'runs'} each)\n`)
  for (const [name, values] of Object.entries(seconds)) {
    process.stdout.write(
      `  ${name.padEnd(16)} ${median(values).toFixed(3).padStart(8)} s   ${values.map((value) => value.toFixed(3)).join(' ')}\n`,
    )
  }
  return Object.fromEntries(Object.entries(seconds).map(([name, values]) => [name, median(values)]))
}

/** @param {[name: string, ratio: number, goal: number | null][]} ratios */
export function printRatios(ratios) {
  for (const [name, ratio, goal] of ratios)
    process.stdout.write(`${name.padEnd(40)} ${ratio.toFixed(2)}${goal === null ? '' : ` (to reach: ${goal})`}\n`)
}
