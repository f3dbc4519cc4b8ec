import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { addBusybox, createRig, executable, type Rig, ROOT } from './rig.ts'

const SERVICE =
  'version: 1\nservice: api\nbuild:\n  toolchain: busybox\n  run: cp main.txt /out/app\n  inputs: [main.txt]\n  outputs: [app]\n'

function serviceRig(): Rig {
  const rig = createRig({ 'builder.yaml': ROOT, 'api/builder.yaml': SERVICE, 'api/main.txt': 'one\n' })
  addBusybox(rig)
  return rig
}

/** Runs the executable and gives the files of it that were loaded, relative to its directory. */
async function filesLoadedBy(rig: Rig, args: readonly string[]): Promise<readonly string[]> {
  const list = join(rig.store, '..', 'loaded')
  const watch = join(rig.store, '..', 'watch.cjs')
  writeFileSync(list, '')
  writeFileSync(
    watch,
    `process.on('exit', () => require('node:fs').appendFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join('\\n') + '\\n'))`,
  )
  await rig.run(args, { env: { NODE_OPTIONS: `--require=${watch}`, DOCKER_HOST: 'unix:///nowhere/docker.sock' } })
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter((file) => file.startsWith(dirname(executable)))
    .map((file) => relative(dirname(executable), file))
}

/** A header that docker-modem alone writes. */
const hasDockerClient = (file: string): boolean => readFileSync(join(dirname(executable), file), 'utf8').includes('X-Registry-Auth')

it('prints its version from one file', async () => {
  using rig = createRig()
  expect(await filesLoadedBy(rig, ['--version'])).toEqual(['orchestrate.js'])
})

it.each([['validate'], ['plan'], ['plan --staged'], ['ls'], ['ci matrix']])('loads no Docker client for "%s"', async (command) => {
  using rig = serviceRig()
  rig.git('add', '-A')
  const loaded = await filesLoadedBy(rig, command.split(' '))
  expect(loaded.length).toBeGreaterThan(2)
  expect(loaded.filter(hasDockerClient)).toEqual([])
})

it('loads the Docker client for an apply that has something to build', async () => {
  using rig = serviceRig()
  expect((await filesLoadedBy(rig, ['apply', '--engine', 'docker'])).filter(hasDockerClient)).toHaveLength(1)
})
