import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { addBusybox, createRig } from '../e2e/rig.ts'
import { createUnprivilegedUser, type UnprivilegedUser } from './unprivileged-user.ts'

const RUNS_OF_EACH = 16

/** A build that looks around: at the processes, the temporary files, and the cache that runs of the same user share. */
const WORKSPACE = `version: 1
workspace: { name: same, engine: embedded }
toolchains:
  busybox:
    rootfs: toolchains/busybox.tar
    caches: { seen: /cache }
services:
  app:
    build:
      toolchain: busybox
      run:
        - cat who.txt > /tmp/who; cat who.txt >> /cache/who; sleep 0.2
        - test "$(ls /tmp)" = who
        - test "$(ps -o comm | grep -c '^sleep')" = 0
        - sort -u /cache/who > /out/who
      inputs: [who.txt]
      outputs: [who]
`

it(`two users, each with ${RUNS_OF_EACH} runs at once, do not meet`, async () => {
  using rig = createRig({ 'builder.yaml': WORKSPACE })
  addBusybox(rig)
  const files = (who: string): Record<string, string | Buffer> => ({
    'builder.yaml': WORKSPACE,
    'who.txt': `${who}\n`,
    'toolchains/busybox.tar': readFileSync(join(rig.root, 'toolchains/busybox.tar')),
  })
  using one = createUnprivilegedUser('subordinate', files('one'))
  using two = createUnprivilegedUser('single', files('two'))
  const users = [one, two]
  await Promise.all(users.map((user) => user.run(['lock'])))
  const runs = await Promise.all(users.flatMap((user) => Array.from({ length: RUNS_OF_EACH }, () => user.run(['apply', '--force']))))
  expect(runs.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([])
  expect(users.map((user) => [seenBy(user), user.processes(), containersOf(user)])).toEqual([
    ['one\n', [], []],
    ['two\n', [], []],
  ])
})

/** What the cache of a user's builds came to hold. */
function seenBy(user: UnprivilegedUser): string {
  const caches = join(user.home, 'store/embedded/caches')
  const files = readdirSync(caches, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('/who'))
  return [...new Set(files.flatMap((file) => readFileSync(join(caches, file), 'utf8').match(/.*\n/g) ?? []))].join('')
}

function containersOf(user: UnprivilegedUser): readonly string[] {
  const runs = join(user.home, 'store/embedded/runs')
  return existsSync(runs) ? readdirSync(runs) : []
}
