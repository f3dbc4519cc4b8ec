// `npm test`: set-up, every check, every test. The last lines are the runner's own summary.
// Arguments go to vitest: `npm test -- test/examples`. ORCHESTRATE_NIGHTLY=1 switches on the long sweeps.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { check } from './check.mjs'
import { exitWith, setUp } from './setup.mjs'
import { root } from './setup/root.mjs'

await exitWith(async () => {
  await setUp('test', 'docker')
  const failedChecks = check()
  const vitest = spawnSync(join(root, 'node_modules', '.bin', 'vitest'), ['run', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
  return failedChecks === 0 && vitest.status === 0 ? 0 : 1
})
