import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@orchestrate/core'
import { createBreath } from '@orchestrate/store'
import { identifyDeadProcess, identifyProcess } from '@orchestrate/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { containerId, makeContainerDirectory, noteCgroups, runDirectory } from './container-directory.ts'
import { sweepDeadRuns } from './sweep.ts'

let directory: string
const dead = identifyDeadProcess('dead')
const living = identifyProcess('living')

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sweep-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

function place(run: typeof dead, name: string): string {
  const path = join(runDirectory(directory, run), containerId(run, name))
  makeContainerDirectory(path)
  writeFileSync(join(path, 'out/left'), 'left')
  return path
}

async function sweep(): Promise<readonly string[]> {
  const run = identifyProcess('sweeper')
  return sweepDeadRuns({ directory, run, searchPath: '', uid: process.getuid?.() ?? 0, breath: () => createBreath(systemClock) })
}

it('removes the containers of dead runs, also closed directories in them, and spares the living', async () => {
  const container = place(dead, 'api:build')
  mkdirSync(join(container, 'work-root'), { mode: 0 })
  place(living, 'api:build')
  expect(await sweep()).toEqual([containerId(dead, 'api:build')])
  expect(readdirSync(join(directory, 'runs'))).toEqual([runDirectory('', living).split('/').at(-1)])
})

it('removes the cgroups that a dead run noted, wherever they are, and nothing that is not named for a container', async () => {
  const cgroups = ['elsewhere/orchestrate-dead-api', 'elsewhere/of-another'].map((name) => join(directory, name))
  for (const cgroup of cgroups) mkdirSync(cgroup, { recursive: true })
  noteCgroups(place(dead, 'api:build'), cgroups)
  await sweep()
  expect(cgroups.map((cgroup) => existsSync(cgroup))).toEqual([false, true])
})
