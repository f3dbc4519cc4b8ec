import { describe, expect, it } from 'vitest'
import { decideEngine, readEngineChoice } from './engine-choice.ts'
import type { Invocation } from './invocation.ts'

function read(flag: string | null, variable?: string): ReturnType<typeof readEngineChoice> {
  const output = { write: () => undefined, isTerminal: false }
  const env = variable === undefined ? {} : { ORCHESTRATE_ENGINE: variable }
  const host = { cwd: '/here', env, home: null, stdout: output, stderr: output, pid: 1, arch: 'x64', uid: 0, gid: 0, cores: 1 }
  const invocation: Invocation = { host, directory: '/srv/shop', colorOf: () => false }
  return readEngineChoice(invocation, flag)
}

describe('readEngineChoice', () => {
  it.each([
    ['auto', { kind: 'auto' }],
    ['docker', { kind: 'docker' }],
    ['embedded', { kind: 'embedded', runtime: null }],
    ['embedded:runc', { kind: 'embedded', runtime: 'runc' }],
    ['embedded:/opt/crun', { kind: 'embedded', runtime: '/opt/crun' }],
    ['embedded:tools/crun', { kind: 'embedded', runtime: '/srv/shop/tools/crun' }],
  ])('takes "%s" from the flag and from the variable', (text, value) => {
    expect(read(text)).toEqual({ ok: true, value })
    expect(read(null, text)).toEqual({ ok: true, value })
  })

  it('lets the flag win over the variable, and an empty variable say nothing', () => {
    expect(read('docker', 'embedded')).toEqual({ ok: true, value: { kind: 'docker' } })
    expect(read(null, '')).toEqual({ ok: true, value: null })
    expect(read(null)).toEqual({ ok: true, value: null })
  })

  it.each([
    ['dokcer', 'did you mean "docker"?'],
    ['Embedded', 'did you mean "embedded"?'],
    ['kubernetes', 'expected auto, docker, embedded or embedded:RUNTIME'],
    ['embedded:', 'did you mean "embedded"?'],
    ['', 'expected auto, docker, embedded or embedded:RUNTIME'],
  ])('refuses "%s"', (text, help) => {
    expect(read(text)).toEqual({ ok: false, error: { kind: 'usage', message: `--engine is "${text}", which is no engine`, help } })
  })

  it('names the variable that is wrong', () => {
    expect(read(null, 'podman')).toEqual({
      ok: false,
      error: {
        kind: 'usage',
        message: 'ORCHESTRATE_ENGINE is "podman", which is no engine',
        help: 'expected auto, docker, embedded or embedded:RUNTIME',
      },
    })
  })
})

describe('decideEngine', () => {
  const docker = { kind: 'docker' } as const
  const embedded = { kind: 'embedded', runtime: null } as const

  it('takes what was told, else what the workspace says, else auto', () => {
    expect([decideEngine(docker, embedded), decideEngine(null, embedded), decideEngine(null, null)]).toEqual([
      docker,
      embedded,
      { kind: 'auto' },
    ])
  })
})
