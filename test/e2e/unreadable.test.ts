import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { createRig, executable, ROOT } from './rig.ts'

const NOBODY = 65_534

it('says that the builder.yaml of the workspace may not be read, instead of that there is none', () => {
  using rig = createRig({ 'builder.yaml': ROOT, 'web/README': '' })
  const home = join(rig.root, '../home')
  mkdirSync(home, { mode: 0o700 })
  chmodSync(dirname(rig.root), 0o755)
  chmodSync(join(rig.root, 'builder.yaml'), 0o000)
  // The superuser reads everything.
  const asUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : null
  if (asUser !== null) chownSync(home, asUser.uid, asUser.gid)
  const run = spawnSync(process.execPath, [executable, 'validate'], {
    ...asUser,
    cwd: join(rig.root, 'web'),
    env: { PATH: rig.env['PATH'], HOME: home, NO_COLOR: '1' },
    encoding: 'utf8',
  })
  expect([run.status, run.stdout, run.stderr]).toEqual([
    5,
    '',
    'error[config/unreadable]: "builder.yaml" cannot be read\n  = help: check that it is a regular file inside the workspace and its permissions\n',
  ])
})
