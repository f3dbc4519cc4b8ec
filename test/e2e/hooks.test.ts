import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, executable, type Rig, ROOT } from './rig.ts'
import { showRun } from './show-run.ts'

const SERVICE =
  'version: 1\nservice: api\nbuild:\n  toolchain: busybox\n  run: cp main.txt /out/app\n  inputs: [main.txt]\n  outputs: [app]\n'

/** A repository whose pre-commit hook runs both of our hooks, as .pre-commit-hooks.yaml declares them, without an engine. */
function hookedRig(): Rig {
  const rig = createRig({ 'builder.yaml': ROOT, 'api/builder.yaml': SERVICE, 'api/main.txt': 'one\n' })
  addBusybox(rig)
  rig.git('add', '-A')
  rig.git('commit', '-qm', 'first')
  const hook = join(rig.root, '.git/hooks/pre-commit')
  mkdirSync(join(rig.root, '.git/hooks'), { recursive: true })
  const command = `DOCKER_HOST=unix:///nowhere/docker.sock ${process.execPath} ${executable}`
  writeFileSync(hook, `#!/bin/sh\nset -e\n${command} validate --staged\n${command} plan --staged --json > ${rig.store}.plan\n`)
  chmodSync(hook, 0o755)
  return rig
}

const commit = (rig: Rig, ...args: readonly string[]): { readonly code: number; readonly stderr: string } => {
  try {
    rig.git('commit', '-qm', 'change', ...args)
    return { code: 0, stderr: '' }
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string }
    return { code: status, stderr }
  }
}

const stagedInput = (rig: Rig): string => {
  const plan = JSON.parse(execFileSync('cat', [`${rig.store}.plan`], { encoding: 'utf8' })) as { targets: { id: string; recipe: string }[] }
  return plan.targets.find((target) => target.id === 'api:build')?.recipe ?? ''
}

describe('the pre-commit hooks', () => {
  it('answer through plain git without an engine, and write nothing into the tree', () => {
    using rig = hookedRig()
    rig.write({ 'api/main.txt': 'two\n' })
    rig.git('add', 'api/main.txt')
    expect(commit(rig)).toEqual({ code: 0, stderr: '' })
    expect(readdirSync(rig.root).toSorted()).toEqual(['.git', 'api', 'builder.yaml', 'toolchains'])
    expect(rig.git('status', '--porcelain')).toBe('')
  })

  it('plan what is staged, not what lies in the work tree', async () => {
    using rig = hookedRig()
    rig.write({ 'api/main.txt': 'two\n' })
    rig.git('add', 'api/main.txt')
    rig.write({ 'api/main.txt': 'three, not staged\n' })
    expect(commit(rig).code).toBe(0)
    const staged = stagedInput(rig)
    rig.write({ 'api/main.txt': 'two\n' })
    const plan = JSON.parse((await rig.run(['plan', '--json'])).stdout) as { targets: { id: string; recipe: string }[] }
    expect(staged).toBe(plan.targets.find((target) => target.id === 'api:build')?.recipe)
  })

  it('honour the temporary index of "git commit -a" and of a partial commit', async () => {
    using rig = hookedRig()
    rig.write({ 'api/main.txt': 'all\n' })
    expect(commit(rig, '-a').code).toBe(0)
    const all = stagedInput(rig)
    const now = JSON.parse((await rig.run(['plan', '--json'])).stdout) as { targets: { id: string; recipe: string }[] }
    expect(all).toBe(now.targets.find((target) => target.id === 'api:build')?.recipe)
    rig.write({ 'api/main.txt': 'partial\n', 'other.txt': 'x\n' })
    rig.git('add', 'other.txt')
    expect(commit(rig, '--', 'api/main.txt').code).toBe(0)
    expect(stagedInput(rig)).not.toBe(all)
  })

  it('refuse a commit whose builder.yaml is wrong, with file, line and column', () => {
    using rig = hookedRig()
    rig.write({ 'api/builder.yaml': SERVICE.replace('outputs', 'outputz') })
    rig.git('add', '-A')
    const refused = commit(rig)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('--> api/builder.yaml:7:3')
    expect(refused.stderr).toContain('did you mean "outputs"?')
  })

  it('say that the builder.yaml of the workspace is not staged', async () => {
    using rig = hookedRig()
    rig.git('rm', '-q', '--cached', 'builder.yaml')
    expect(showRun(rig, await rig.run(['plan', '--staged']))).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error: the builder.yaml at the root of the workspace is not in git's index
        = help: stage it with \`git add builder.yaml\`, or do without --staged"
    `)
  })

  it('say that there is no repository, and what is wrong with an index', async () => {
    using rig = hookedRig()
    writeFileSync(`${rig.store}.index`, 'junk\n')
    expect(showRun(rig, await rig.run(['plan', '--staged'], { env: { GIT_INDEX_FILE: `${rig.store}.index` } }))).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[inputs/git-failed]: "git ls-files" failed: fatal: BASE/store.index: index file smaller than expected
        = help: follow what git says; "git status" in the workspace should show the same"
    `)
    rmSync(join(rig.root, '.git'), { recursive: true })
    expect(showRun(rig, await rig.run(['validate', '--staged']))).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[inputs/no-repository]: the index was asked for, but the workspace is not in the work tree of a git repository
        = note: fatal: not a git repository (or any of the parent directories): .git
        = help: plan the work tree instead, without --staged"
    `)
  })
})
