import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBusybox, createRig, type Rig, ROOT, type Run } from '../e2e/rig.ts'

const API = 'version: 1\nservice: api\nbuild: { toolchain: busybox, run: "true", inputs: [], outputs: [] }\n'

function apiRig(): Rig {
  const rig = createRig({ 'builder.yaml': ROOT, 'api/builder.yaml': API })
  addBusybox(rig)
  return rig
}

/** Writes a runtime that is a shell script, and gives its path. */
function scriptedRuntime(rig: Rig, script: string, mode = 0o755): string {
  const path = join(dirname(rig.root), 'runtime')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, mode)
  return path
}

/** A runtime that says who it is, and then does as `script` says with the path of its log in $log. */
const pretending = (script: string): string => `[ "$1" = --version ] && { echo "crun version 1.0"; exit 0; }
while [ $# -gt 0 ]; do [ "$1" = --log ] && log=$2; shift; done
${script}`

/** What is said, the rig's own directory replaced. */
const said = (rig: Rig, { stderr }: Run): string =>
  stderr.replaceAll(dirname(rig.root), 'BASE').replaceAll(/ after [\d.]+ m?s/g, ' after TIME')

async function applyWith(rig: Rig, runtime: string): Promise<string> {
  const run = await rig.run(['apply', '--engine', `embedded:${runtime}`])
  return `exit ${run.code}\n${said(rig, run)}`
}

/** Seconds for which a runtime of this test hangs: nobody else's. */
const HANGING = 100_000 + process.pid

function processesLike(command: string): readonly string[] {
  return execFileSync('ps', ['-eo', 'args', '--no-headers'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line === command)
}

describe('a runtime', () => {
  it('that is not there is named', async () => {
    using rig = apiRig()
    expect(await applyWith(rig, join(dirname(rig.root), 'none'))).toBe(`exit 5
error[embedded/no-runtime]: the OCI runtime "BASE/none" is not there, or is not executable
  = help: as root: apt-get install crun (or runc), or name one with --engine embedded:PATH
`)
  })

  it('that may not be executed is named', async () => {
    using rig = apiRig()
    expect(await applyWith(rig, scriptedRuntime(rig, 'exit 0', 0o644))).toBe(`exit 5
error[embedded/no-runtime]: the OCI runtime "BASE/runtime" is not there, or is not executable
  = help: as root: apt-get install crun (or runc), or name one with --engine embedded:PATH
`)
  })

  it.each([
    ['that will not even say who it is', 'exit 3', 'BASE/runtime: it ended with 3 and no word'],
    ['that answers nonsense and starts nothing', 'echo nonsense', 'BASE/runtime: nonsense\n  BASE/runtime: it ended with 0 and no word'],
    [
      'that is too old, and says so',
      pretending('echo "unknown flag: --pid-file" >&2; exit 1'),
      'BASE/runtime: unknown flag: --pid-file\n  BASE/runtime: it ended with 1 and no word',
    ],
    [
      'that writes why into its log',
      pretending(`echo '{"msg":"create container: no such namespace","level":"error","time":"x"}' > "$log"; exit 1`),
      'BASE/runtime: create container: no such namespace',
    ],
    ['whose log is cut off', pretending(`printf '{"msg":"half of a li' > "$log"; exit 1`), 'BASE/runtime: {"msg":"half of a li'],
    ['that crashes', pretending('exit 139'), 'BASE/runtime: it ended with 139 and no word'],
    ['that is ended by a signal instead of saying who it is', 'kill -SEGV $$', 'BASE/runtime: --version was ended by SIGSEGV'],
  ])('%s is told in its own words, and nothing is kept of it', async (_, script, words) => {
    using rig = apiRig()
    expect(await applyWith(rig, scriptedRuntime(rig, script))).toBe(`exit 5
error[embedded/does-not-start]: no OCI runtime starts a container here
  ${words}
  = help: \`orchestrate doctor --engine embedded\` says what keeps it from that
`)
    const plan = await rig.plan()
    expect(plan.targets.find(({ id }) => id === 'api:build')?.decision).toBe('build')
    expect((await rig.run(['apply', '--engine', 'embedded'])).code).toBe(0)
  })

  it('that does not say who it is is not waited for, and ends', async () => {
    using rig = apiRig()
    expect(await applyWith(rig, scriptedRuntime(rig, `sleep ${HANGING}`))).toBe(`exit 5
error[embedded/does-not-start]: no OCI runtime starts a container here
  BASE/runtime: --version gave no answer within 5 seconds
  = help: \`orchestrate doctor --engine embedded\` says what keeps it from that
`)
    expect(processesLike(`sleep ${HANGING}`)).toEqual([])
  })

  it('that hangs is not waited for, and ends', async () => {
    using rig = apiRig()
    expect(await applyWith(rig, scriptedRuntime(rig, pretending(`sleep ${HANGING + 1}`)))).toBe(`exit 5
error[embedded/does-not-start]: no OCI runtime starts a container here
  BASE/runtime: a container did not end within 10 seconds
  = help: \`orchestrate doctor --engine embedded\` says what keeps it from that
`)
    expect(processesLike(`sleep ${HANGING + 1}`)).toEqual([])
  })

  it('that starts a trial and no builder fails the build in its own words, and nothing of it is kept', async () => {
    using rig = apiRig()
    const script = `case "$*" in *probe*|--version) exec /usr/bin/crun "$@" ;; esac\n${pretending('echo \'{"msg":"no more of this","level":"error"}\' > "$log"; exit 1')}`
    const { code, targets } = await rig.apply('--engine', `embedded:${scriptedRuntime(rig, script)}`)
    expect([code, targets.get('api:build')?.trouble]).toEqual([
      5,
      {
        kind: 'environment',
        id: 'embedded/start-failed',
        message: `"${join(dirname(rig.root), 'runtime')}" could not start builder "api-build"`,
        details: ['no more of this'],
        help: 'the runtime’s own words say why; `orchestrate doctor --engine embedded` tries it',
      },
    ])
    expect((await rig.plan()).targets.find(({ id }) => id === 'api:build')?.decision).toBe('build')
  })

  it('that stops working after it was tried is tried again, and the next one is taken', async () => {
    using rig = apiRig()
    const tools = join(dirname(rig.root), 'tools')
    mkdirSync(tools)
    const crun = join(tools, 'crun')
    const broken = join(dirname(rig.root), 'broken')
    writeFileSync(crun, `#!/bin/sh\n[ -e ${broken} ] && { echo broken now >&2; exit 1; }\nexec /usr/bin/crun "$@"\n`)
    chmodSync(crun, 0o755)
    const env = { PATH: `${tools}:${rig.env['PATH']}` }
    expect((await rig.run(['apply', '--engine', 'embedded'], { env })).stderr).toContain(`(${crun})`)
    writeFileSync(broken, '')
    const again = await rig.run(['apply', '--force', '--engine', 'embedded'], { env })
    expect([again.code, said(rig, again)]).toEqual([0, expect.stringContaining('api:build  built in')])
  })
})
