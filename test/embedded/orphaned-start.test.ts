import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { longRig } from '../e2e/long-apply.ts'
import { executable } from '../e2e/rig.ts'

/** Asks for the signal of its parent's death, but waits for the test before it does. */
const SLOW_SETPRIV = (directory: string): string => `#!/bin/sh
echo $$ > ${directory}/began
while ! [ -e ${directory}/go ]; do sleep 0.01; done
exec /usr/bin/setpriv "$@"
`

it('a container whose orchestrate is killed before it could ask to die with it does not start', async () => {
  using rig = longRig('echo ready; sleep 600', 'embedded')
  const tools = join(dirname(rig.root), 'tools')
  mkdirSync(tools)
  writeFileSync(join(tools, 'setpriv'), SLOW_SETPRIV(tools))
  chmodSync(join(tools, 'setpriv'), 0o755)
  rig.env['PATH'] = `${tools}:${rig.env['PATH']}`
  writeFileSync(join(tools, 'go'), '')
  expect((await rig.run(['apply', 'quick'])).code).toBe(0)
  rmSync(join(tools, 'go'))
  rmSync(join(tools, 'began'))
  const child = spawn(process.execPath, [executable, 'apply', 'slow', '--force'], { cwd: rig.root, env: rig.env, stdio: 'ignore' })
  const began = join(tools, 'began')
  await expect.poll(() => existsSync(began) && readFileSync(began, 'utf8').endsWith('\n'), { timeout: 30_000 }).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'close')
  const box = readFileSync(began, 'utf8').trim()
  writeFileSync(join(tools, 'go'), '')
  await expect.poll(() => existsSync(`/proc/${box}`), { timeout: 10_000 }).toBe(false)
  const runs = join(rig.store, 'embedded/runs')
  const left = readdirSync(runs, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('/pid') || path.endsWith('/state'))
  expect(left).toEqual([])
})
