import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { createRig, type Rig } from './rig.ts'

const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../schemas/doctor.schema.json'), 'utf8')) as object
const NOWHERE = 'unix:///nowhere/docker.sock'

interface Answer {
  readonly chosen: string | null
  readonly engines: readonly { readonly name: string; readonly checks: readonly { readonly subject: string; readonly state: string }[] }[]
  readonly machine: readonly { readonly subject: string; readonly state: string; readonly message: string; readonly help: string | null }[]
}

async function ask(rig: Rig, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; answer: Answer }> {
  const { code, stdout } = await rig.run(['doctor', '--json', ...args], { env: { ...rig.env, ...env } })
  const answer = JSON.parse(stdout) as Answer
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)
  expect([validate(answer), validate.errors]).toEqual([true, null])
  return { code, answer }
}

it('tries both engines and takes Docker where it answers', async () => {
  using rig = createRig()
  const { code, answer } = await ask(rig, [])
  expect([code, answer.chosen, answer.engines.map(({ name }) => name)]).toEqual([0, 'docker', ['docker', 'embedded']])
  expect(answer.machine.map(({ subject, state }) => [subject, state])).toEqual([
    ['store', 'works'],
    ['git', 'works'],
    ['bootstrap of Debian toolchains', 'works'],
  ])
})

it('takes the embedded engine where Docker does not answer, having started a container', async () => {
  using rig = createRig()
  const { code, answer } = await ask(rig, [], { DOCKER_HOST: NOWHERE })
  expect([code, answer.chosen]).toEqual([0, 'embedded'])
  const embedded = answer.engines.find(({ name }) => name === 'embedded')
  expect(embedded?.checks.filter(({ subject }) => subject === 'container start')).toMatchObject([{ state: 'works' }])
})

it('tries only the engine that the workspace chose, or the command line', async () => {
  using rig = createRig({ 'builder.yaml': 'version: 1\nworkspace: { name: doctor, members: [], engine: embedded }\n' })
  expect((await ask(rig, [])).answer.engines.map(({ name }) => name)).toEqual(['embedded'])
  expect((await ask(rig, ['--engine', 'docker'])).answer.engines.map(({ name }) => name)).toEqual(['docker'])
})

it('exits with 5 when no engine runs builders, and says what to do', async () => {
  using rig = createRig()
  const { code, stdout } = await rig.run(['doctor', '--engine', 'docker'], { env: { ...rig.env, DOCKER_HOST: NOWHERE } })
  expect(code).toBe(5)
  expect(stdout.split('\n').slice(0, 3)).toEqual([
    'docker',
    `  broken   engine  no container engine answers at "${NOWHERE}"`,
    '                   = start Docker, or set DOCKER_HOST to the socket of a running engine',
  ])
  expect(stdout).toContain('\nNo engine runs builders here.\n')
})

it('names a store that cannot be used, and programs that are missing', async () => {
  using rig = createRig()
  rig.write({ file: 'not a directory' })
  const { answer } = await ask(rig, ['--engine', 'docker'], { ORCHESTRATE_STORE: join(rig.root, 'file/store'), PATH: '/nowhere' })
  expect(answer.machine.map(({ subject, state }) => [subject, state])).toEqual([
    ['store', 'broken'],
    ['git', 'limited'],
    ['bootstrap of Debian toolchains', 'limited'],
  ])
  expect(answer.machine[2]).toEqual({
    subject: 'bootstrap of Debian toolchains',
    state: 'limited',
    message: 'not on PATH: mmdebstrap; toolchains that the store has are used',
    help: 'as root: apt-get install mmdebstrap',
  })
})
