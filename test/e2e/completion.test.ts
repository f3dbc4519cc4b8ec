import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRig, executable, type Rig, ROOT, runProcess } from './rig.ts'

const SERVICE = (name: string): string =>
  `version: 1\nservice: ${name}\nbuild: { toolchain: busybox, run: "true", inputs: [], outputs: [] }\n`

function rigOf(): Rig {
  const rig = createRig({ 'builder.yaml': ROOT, 'web/builder.yaml': SERVICE('web'), 'worker/builder.yaml': SERVICE('worker') })
  mkdirSync(join(rig.root, '../bin'))
  symlinkSync(executable, join(rig.root, '../bin/orchestrate'))
  return rig
}

/** What the completion of each shell offers for a line, by the shell itself. */
const SHELLS: Readonly<Record<string, (line: string) => readonly string[]>> = {
  bash: (line) => [
    '--norc',
    '-c',
    'eval "$(orchestrate completion bash)"; COMP_LINE=$1 COMP_POINT=${#1}; _orchestrate; printf "%s\\n" "${COMPREPLY[@]}"',
    'bash',
    line,
  ],
  zsh: (line) => [
    '-f',
    '-c',
    'compdef() {}; _files() { print FILES }; compadd() { shift; print -l -- "$@" }; eval "$(orchestrate completion zsh)"; words=("${(@s. .)1}"); CURRENT=${#words}; _orchestrate',
    'zsh',
    line,
  ],
  fish: (line) => ['--no-config', '-c', 'orchestrate completion fish | source; complete -C $argv[1]', line],
}

describe.each(Object.entries(SHELLS))('completion in %s', (shell, argumentsFor) => {
  const offered = async (rig: Rig, line: string): Promise<readonly string[]> => {
    const env = { ...rig.env, PATH: `${join(rig.root, '../bin')}:${rig.env['PATH'] ?? ''}`, TERM: 'dumb' }
    const run = await runProcess(shell, argumentsFor(line), { cwd: rig.root, env })
    expect([run.code, run.stderr]).toEqual([0, ''])
    return run.stdout.split('\n').filter((candidate) => candidate !== '')
  }

  it('offers commands, options, their values, and services', async () => {
    using rig = rigOf()
    expect(await offered(rig, 'orchestrate pl')).toEqual(['plan'])
    expect(await offered(rig, 'orchestrate plan --js')).toEqual(['--json'])
    expect(await offered(rig, 'orchestrate apply --on-failure de')).toEqual(['dependents'])
    expect(await offered(rig, 'orchestrate plan w')).toEqual(['web', 'worker'])
    expect(await offered(rig, 'orchestrate ci m')).toEqual(['matrix'])
  })

  it('offers builds behind the colon', async () => {
    using rig = rigOf()
    const candidates = await offered(rig, 'orchestrate logs web:b')
    // Bash has typed what stands before the colon.
    expect(candidates).toEqual([shell === 'bash' ? 'build' : 'web:build'])
  })
})

describe('the words that completion offers', () => {
  it('come without a word about a workspace that is broken or missing', async () => {
    using rig = rigOf()
    rig.write({ 'web/builder.yaml': 'services: [' })
    expect(await rig.run(['complete', '--', 'plan', ''])).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await rig.run(['complete', '--', 'plan', ''], { cwd: '/' })).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('are those of the directory that -C names, and no hidden command is among them', async () => {
    using rig = rigOf()
    expect((await rig.run(['complete', '--', '-C', rig.root, 'plan', 'we'], { cwd: '/' })).stdout).toBe('web\n')
    expect((await rig.run(['complete', '--', 'comp'])).stdout).toBe('completion\n')
  })
})
