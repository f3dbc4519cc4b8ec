import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addBusybox, createRig, executable } from '../e2e/rig.ts'
import { createUnprivilegedUser } from './unprivileged-user.ts'

/** Services out of busybox: one that answers on a port as a user of its own, one that says what it sees. */
function workspace(port: number): Readonly<Record<string, string>> {
  return {
    'builder.yaml': `version: 1
workspace: { name: w, engine: embedded }
toolchains:
  busybox: { rootfs: toolchains/busybox.tar }
services:
  web:
    build:
      toolchain: busybox
      run: |
        cp /bin/busybox /out/httpd
        mkdir /out/data
        echo hello > /out/data/index.html
      inputs: []
      outputs: [httpd, data]
    image:
      from: scratch
      files:
        - { artifact: build/httpd, to: /bin/httpd }
        - { artifact: build/data, to: /data, owner: "65532:65532" }
      entrypoint: ["/bin/httpd", "-f", "-v", "-p", "127.0.0.1:${port}", "-h", "/data"]
      ports: [${port}]
      user: "65532:65532"
  say:
    image:
      from: { toolchain: busybox }
      files: [{ content: "seen\\n", to: /srv/note }]
      env: { GREETING: hello }
      workdir: /srv
      entrypoint: ["/bin/sh", "-c"]
      cmd: ["id -u; pwd; cat note; echo $GREETING $EXTRA $HOSTNAME $HOME; echo x > /srv/note && echo x > /root/new && echo written; echo bad >&2; exit 7"]
  no-such:
    image:
      from: { toolchain: busybox }
      entrypoint: ["/no/such"]
  owner:
    image:
      from: { toolchain: busybox }
      files: [{ content: "x", to: /state/file, mode: "0600", owner: "65532:65532" }]
      user: "65532"
      entrypoint: ["/bin/sh", "-c", "id -u; cat /state/file && echo more >> /state/file && echo written"]
`,
  }
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port')
  return address.port
}

/** Who runs orchestrate. */
interface Somebody extends Disposable {
  run(args: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
  start(args: readonly string[]): ChildProcess
}

function somebody(who: 'root' | 'subordinate' | 'single', port: number): Somebody {
  const rig = createRig(workspace(port))
  addBusybox(rig)
  if (who === 'root') return { ...rig, start: (args) => spawn(process.execPath, [executable, ...args], { cwd: rig.root, env: rig.env }) }
  const tar = readFileSync(join(rig.root, 'toolchains/busybox.tar'))
  rig[Symbol.dispose]()
  return createUnprivilegedUser(who, { ...workspace(port), 'toolchains/busybox.tar': tar })
}

/** Resolves once the process has written `text` to standard error. */
function says(child: ChildProcess, text: string): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (piece: Buffer) => {
      said += String(piece)
      if (said.includes(text)) resolve()
    })
    child.once('close', () => reject(new Error(`it never said ${text}: ${said}`)))
  })
}

const alive = (port: number): boolean =>
  execFileSync('ps', ['-eo', 'stat,args', '--no-headers'], { encoding: 'utf8' })
    .split('\n')
    .some((line) => !line.startsWith('Z') && line.includes(`-p 127.0.0.1:${port}`) && line.includes('httpd'))

describe.each(['root', 'subordinate', 'single'] as const)('an image without Docker, %s', (who) => {
  let port: number
  let person: Somebody

  beforeAll(async () => {
    port = await freePort()
    person = somebody(who, port)
    const built = await person.run(['apply'])
    expect(built.code, built.stderr).toBe(0)
  })

  afterAll(() => person[Symbol.dispose]())

  it('runs as it says, over files that are thrown away, with its exit code and its streams apart', async () => {
    const seen = 'written\n'
    for (let time = 0; time < 2; time += 1) {
      const run = await person.run(['run', 'say', '--env', 'EXTRA=more'])
      expect(run.stdout).toBe(`0\n/srv\nseen\nhello more say /\n${seen}`)
      expect(run.stderr).toContain('bad\n')
      expect(run.code).toBe(7)
    }
  })

  it('takes arguments instead of its own', async () => {
    const run = await person.run(['run', 'say', '--', 'echo just this'])
    expect([run.code, run.stdout]).toEqual([0, 'just this\n'])
  })

  it("lets the image's user read and write what belongs to it", async () => {
    const run = await person.run(['run', 'owner'])
    expect([run.code, run.stdout], run.stderr).toEqual([0, '65532\nxwritten\n'])
  })

  it('says where its port is, answers there, and ends with everything of it when it is interrupted', async () => {
    const child = person.start(['run', 'web'])
    await says(child, `${port}/tcp at 127.0.0.1:${port}\n`)
    await expect.poll(async () => (await fetch(`http://127.0.0.1:${port}/`)).text(), { timeout: 10_000 }).toBe('hello\n')
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number | null]
    expect(code).toBe(130)
    expect(alive(port)).toBe(false)
  })

  it('dies with an orchestrate that is killed', async () => {
    const child = person.start(['run', 'web'])
    await says(child, 'interrupt to stop it')
    child.kill('SIGKILL')
    await once(child, 'close')
    await expect.poll(() => alive(port), { timeout: 10_000 }).toBe(false)
  })

  it('tells a command that cannot be started', async () => {
    const run = await person.run(['run', 'no-such'])
    expect(run.code).toBe(127)
    expect(run.stderr).toContain('"no-such" could not be started: exec: "/no/such": ')
  })
})
