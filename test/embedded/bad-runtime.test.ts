import { chmodSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, type Rig } from '../e2e/rig.ts'
import { showRun } from '../e2e/show-run.ts'
import { type Behaviour, toolsWithoutRuntime, writeRuntime } from './scripted-runtime.ts'

const FILES = {
  'builder.yaml': `version: 1
workspace: { name: w }
toolchains:
  busybox: { rootfs: toolchains/busybox.tar }
services:
  api:
    build: { toolchain: busybox, run: "echo built > /out/app", inputs: [], outputs: [app] }
`,
}

/** The rig's PATH holds the usual tools, and a runtime `crun` that behaves like this; none for null. */
function rigWith(behaviour: Behaviour | null): Rig {
  const rig = createRig(FILES, 'embedded')
  addBusybox(rig)
  const tools = toolsWithoutRuntime(join(dirname(rig.root), 'tools'))
  if (behaviour !== null) writeRuntime(join(tools, 'crun'), behaviour)
  rig.env['PATH'] = tools
  return rig
}

/** What a user sees of apply, and what is left of its containers afterwards. */
async function applied(rig: Rig, ...args: readonly string[]): Promise<string> {
  const shown = showRun(rig, await rig.run(['apply', '--no-load', ...args]))
  expect(readdirSync(join(rig.store, 'embedded/runs'))).toEqual([])
  return shown
}

describe('a runtime', () => {
  it('that is missing', async () => {
    using rig = rigWith(null)
    expect(showRun(rig, await rig.run(['apply']))).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[embedded/does-not-start]: no OCI runtime starts a container here
        /usr/bin/crun: a container ended with 1 instead of 42
        /usr/bin/runc: a container ended with 1 instead of 42
        = help: \`orchestrate doctor --engine embedded\` says what keeps it from that"
    `)
  })
  it('that is named and missing', async () => {
    using rig = rigWith(null)
    expect(showRun(rig, await rig.run(['apply', '--engine', 'embedded:/no/such/runtime']))).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[embedded/no-runtime]: the OCI runtime "/no/such/runtime" is not there, or is not executable
        = help: as root: apt-get install crun (or runc), or name one with --engine embedded:PATH"
    `)
  })
  it('that is not executable', async () => {
    using rig = rigWith({})
    const runtime = join(rig.env['PATH'] ?? '', 'crun')
    chmodSync(runtime, 0o644)
    expect(showRun(rig, await rig.run(['apply', '--engine', `embedded:${runtime}`]))).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[embedded/no-runtime]: the OCI runtime "BASE/tools/crun" is not there, or is not executable
        = help: as root: apt-get install crun (or runc), or name one with --engine embedded:PATH"
    `)
  })
  it.each<[string, Behaviour]>([
    ['old', { version: 'echo "runc version 0.1.1"', run: 'echo "flag provided but not defined: -pid-file" >&2; exit 1' }],
    ['nonsense', { version: 'head -c 300 /dev/urandom', run: 'echo hello; echo what >&2; exit 0' }],
    ['log', { run: 'echo \'{"level":"error","msg":"seccomp is not supported here"}\' > "$LOG"; exit 1' }],
    ['nolog', { run: 'exit 1' }],
    ['half', { run: 'printf \'{"level":"error","ms\' > "$LOG"; exit 1' }],
    ['signal', { run: 'kill -SEGV $$' }],
    ['version-signal', { version: 'kill -SEGV $$' }],
    ['version-fail', { version: 'exit 3' }],
    ['version-hang', { version: 'sleep 611' }],
    ['hang', { run: 'sleep 612' }],
    ['later', { run: 'case $BUNDLE in *probe*) exec /usr/bin/crun "$@";; esac; echo \'{"level":"error","msg":"no space left"}\' > "$LOG"; exit 1' }],
  ])('%s', async (_, behaviour) => {
    using rig = rigWith(behaviour)
    expect(await applied(rig)).toMatchSnapshot()
  })
})
