import { expect, it } from 'vitest'
import { type Examination, formatDoctor, renderDoctor } from './render-doctor.ts'

const FOUND: Examination = {
  engines: [
    {
      name: 'docker',
      checks: [{ subject: 'engine', state: 'broken', message: 'no container engine answers at "unix:///x.sock"', help: 'start Docker' }],
    },
    {
      name: 'embedded',
      checks: [
        { subject: 'runtime', state: 'works', message: 'crun 1.8.1 (/usr/bin/crun)', help: null },
        { subject: 'init', state: 'limited', message: 'none found', help: 'apt-get install catatonit' },
      ],
    },
  ],
  chosen: 'embedded',
  machine: [{ subject: 'git', state: 'works', message: '/usr/bin/git', help: null }],
}

it('shows a block an engine, one for the machine, and which engine builders run on', () => {
  expect(renderDoctor(FOUND, { color: false })).toBe(`docker
  broken   engine  no container engine answers at "unix:///x.sock"
                   = start Docker

embedded
  ok       runtime  crun 1.8.1 (/usr/bin/crun)
  limited  init     none found
                    = apt-get install catatonit

machine
  ok       git  /usr/bin/git

Builders run on the embedded engine.
`)
})

it('says so when no engine runs builders', () => {
  expect(renderDoctor({ ...FOUND, engines: [], chosen: null }, { color: false })).toBe(
    'machine\n  ok       git  /usr/bin/git\n\nNo engine runs builders here.\n',
  )
})

it('gives programs the same', () => {
  expect(formatDoctor(FOUND)).toEqual({ schemaVersion: 1, chosen: 'embedded', engines: FOUND.engines, machine: FOUND.machine })
})
