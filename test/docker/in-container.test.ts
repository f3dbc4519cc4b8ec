import { execFileSync } from 'node:child_process'
import { chownSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addBusybox, createRig, executable, type Rig, ROOT, type Run, runProcess } from '../e2e/rig.ts'

const API =
  'version: 1\nservice: api\nbuild: { toolchain: busybox, run: "id -u > /out/app", inputs: [], outputs: [app] }\nimage: { from: scratch, files: [{ artifact: build/app, to: /app }] }\n'
const UID = 1000

/** The options of docs/containers/README.md. */
const DOCUMENTED = [
  '--user',
  `${UID}:${UID}`,
  '--cap-drop',
  'ALL',
  '--security-opt',
  'no-new-privileges',
  '--security-opt',
  `seccomp=${resolve(import.meta.dirname, '../../docs/containers/seccomp.json')}`,
  '--security-opt',
  'systempaths=unconfined',
]

const image = `orchestrate-test-inside-${process.pid}`
let base = ''

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'orchestrate-inside-'))
  const root = join(base, 'root')
  for (const name of ['etc', 'opt/orchestrate', 'opt/node', 'proc', 'sys', 'dev', 'tmp', 'root', 'run', 'usr', 'var/tmp', 'work'])
    mkdirSync(join(root, name), { recursive: true })
  // The machine's programs are mounted; where they are reached by links, the image has the same.
  for (const name of readdirSync('/')) if (isLink(`/${name}`)) symlinkSync(readlinkSync(`/${name}`), join(root, name))
  execFileSync('sh', ['-c', 'chmod 1777 "$1/tmp" && tar -C "$1" -c . | docker import - "$2"', 'sh', root, image])
  cpSync(dirname(executable), join(base, 'orchestrate'), { recursive: true })
})

afterAll(() => {
  execFileSync('docker', ['rmi', '--force', image], { stdio: 'ignore' })
  rmSync(base, { recursive: true, force: true })
})

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink()
}

/** Runs orchestrate in a container whose programs are those of this machine. */
function inside(rig: Rig, options: readonly string[], args: readonly string[]): Promise<Run> {
  const programs = ['/bin', '/lib', '/lib64', '/sbin', '/usr'].filter((path) => !isLink(path))
  const mounts = [
    ...programs.map((path) => `${path}:${path}:ro`),
    `${join(base, 'orchestrate')}:/opt/orchestrate:ro`,
    `${dirname(process.execPath)}:/opt/node:ro`,
    `${rig.root}:/work`,
  ]
  const command = ['/opt/node/node', '/opt/orchestrate/orchestrate.js', ...args]
  const environment = ['--env', 'HOME=/tmp', '--env', 'PATH=/usr/bin:/bin', '--env', 'NO_COLOR=1']
  const run = ['run', '--rm', '--network=none', '--workdir', '/work', ...environment, ...mounts.flatMap((mount) => ['--volume', mount])]
  return runProcess('docker', [...run, ...options, image, ...command], { cwd: '/', env: process.env })
}

function workRig(): Rig {
  const rig = createRig({ 'builder.yaml': ROOT, 'api/builder.yaml': API }, 'embedded')
  addBusybox(rig)
  execFileSync('chown', ['-R', `${UID}:${UID}`, rig.root])
  chownSync(rig.root, UID, UID)
  return rig
}

describe('inside an unprivileged container', () => {
  it('with default settings, doctor names exactly what is in the way', async () => {
    using rig = workRig()
    const { code, stdout } = await inside(rig, ['--user', `${UID}:${UID}`], ['doctor', '--engine', 'embedded', '--json'])
    const { engines } = JSON.parse(stdout) as {
      engines: readonly { checks: readonly { subject: string; state: string; help: string }[] }[]
    }
    expect(code).toBe(5)
    expect(engines[0]?.checks.filter(({ state }) => state === 'broken').map(({ subject }) => subject)).toEqual([
      'seccomp',
      '/proc',
      'container start',
    ])
    expect(engines[0]?.checks.map(({ help }) => help).join('\n')).toMatch(/docs\/containers\/seccomp\.json[^]*systempaths=unconfined/)
  })

  it('with default settings, apply says that no engine runs builders, and where to ask why', async () => {
    using rig = workRig()
    const { code, stderr } = await inside(rig, ['--user', `${UID}:${UID}`], ['apply'])
    expect([code, stderr.replace('/usr/sbin/', '/usr/bin/')]).toEqual([
      5,
      `error[engine/none]: no engine runs builders here
  docker: no container engine answers at "unix:///var/run/docker.sock"
  embedded: no OCI runtime starts a container here
    /usr/bin/crun: unshare: unshare failed: Operation not permitted
    /usr/bin/runc: unshare: unshare failed: Operation not permitted
  = help: \`orchestrate doctor\` tries each of them and says what to do
`,
    ])
  })

  it('with the documented settings it builds, and gives the image that it gives outside', async () => {
    using rig = workRig()
    const run = await inside(rig, DOCUMENTED, ['apply'])
    expect([run.code, run.stderr.split('\n')[0]], run.stderr).toEqual([
      0,
      expect.stringMatching(/^engine: crun .*, no root, one uid \(no container engine answers/),
    ])
    execFileSync('chown', ['-R', `${process.getuid?.()}:${process.getgid?.()}`, rig.root])
    const outside = await rig.run(['apply'])
    expect([outside.code, outside.stdout], outside.stderr).toEqual([0, run.stdout])
  })

  it('with the documented settings, what can be had only outside is stated', async () => {
    using rig = workRig()
    const { code, stdout } = await inside(rig, DOCUMENTED, ['doctor', '--engine', 'embedded'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/limited {2}cgroup/)
    expect(stdout).toMatch(/ok {7}container start/)
  })
})
