// `pnpm check`: every static check, each timed, all of them even if one fails.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './setup/root.mjs'

const checks = [
  ['types', 'tsc', ['-b']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'biome', ['format', '.']],
  ['unused', 'knip', []],
  ['package', 'publint', ['packages/cli']],
]

/** @returns {number} the number of checks that failed */
export function check() {
  let failed = 0
  for (const [title, tool, args] of checks) {
    const started = performance.now()
    const result = spawnSync(join(root, 'node_modules', '.bin', tool), args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 })
    const passed = result.status === 0
    if (!passed) {
      failed++
      process.stderr.write(result.error ? `${result.error.message}\n` : `${result.stdout}${result.stderr}`)
    }
    process.stderr.write(
      `check: ${title.padEnd(8)} ${passed ? 'passed' : 'FAILED'} in ${((performance.now() - started) / 1000).toFixed(1)} s (${tool} ${args.join(' ')})\n`,
    )
  }
  return failed
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = check() === 0 ? 0 : 1
