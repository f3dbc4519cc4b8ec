import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { API, apiRig, shown } from '../e2e/api-rig.ts'
import { executable, ROOT, runProcess } from '../e2e/rig.ts'
import { showRun } from '../e2e/show-run.ts'

/** A user without privileges, whom the system does not know. */
const STRANGER = 54321

describe('an engine', () => {
  it('that is not there ends the command before any work', async () => {
    using rig = apiRig(API)
    const socket = join(dirname(rig.root), 'none.sock')
    const run = await rig.run(['apply', '--engine', 'docker'], { env: { DOCKER_HOST: `unix://${socket}` } })
    expect(showRun(rig, run)).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[engine/unreachable]: no container engine answers at "unix://BASE/none.sock"
        = help: start Docker, or set DOCKER_HOST to the socket of a running engine"
    `)
  })

  it('whose socket belongs to another user is named with its group', async () => {
    using rig = apiRig(API)
    const base = dirname(rig.root)
    const socket = join(base, 'docker.sock')
    const server = createServer()
    await new Promise<void>((done) => server.listen(socket, done))
    cpSync(dirname(executable), join(base, 'dist'), { recursive: true })
    cpSync(process.execPath, join(base, 'node'))
    execFileSync('chown', ['-R', `${STRANGER}:${STRANGER}`, base])
    chownSync(socket, 0, 0)
    chmodSync(socket, 0o600)
    const user = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups']
    const command = [...user, join(base, 'node'), join(base, 'dist/orchestrate.js'), 'apply', '--engine', 'docker']
    const run = await runProcess('setpriv', command, { cwd: rig.root, env: { ...rig.env, DOCKER_HOST: `unix://${socket}` } })
    await new Promise((done) => server.close(done))
    expect(showRun(rig, run)).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[engine/permission-denied]: permission denied for the engine's socket "BASE/docker.sock"
        the socket has mode 0600 and belongs to group "root"
        = help: run as root, or let the engine give its socket to a group that you are in"
    `)
  })

  it('that is no engine is told apart from one that is not there', async () => {
    using rig = apiRig(API)
    const socket = join(dirname(rig.root), 'docker.sock')
    // Who hears no HTTP may well hang up first.
    const server = createServer((connection) =>
      connection
        .on('error', () => undefined)
        .resume()
        .end('hello\n'),
    )
    await new Promise<void>((done) => server.listen(socket, done))
    const run = await rig.run(['apply', '--engine', 'docker'], { env: { DOCKER_HOST: `unix://${socket}` } })
    await new Promise((done) => server.close(done))
    expect(showRun(rig, run)).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[engine/unexpected-answer]: the engine's answer is no HTTP, while asking for its version
        = help: check that DOCKER_HOST names a Docker engine"
    `)
  })

  it('that is far away is refused', async () => {
    using rig = apiRig(API)
    expect(
      showRun(rig, await rig.run(['apply', '--engine', 'docker'], { env: { DOCKER_HOST: 'tcp://192.0.2.1:2375' } })),
    ).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[engine/unsupported-host]: DOCKER_HOST "tcp://192.0.2.1:2375" is not a local unix socket
        = help: unset DOCKER_HOST or set it to unix:///path/to/docker.sock; engines over TCP and ssh come later"
    `)
  })
})

describe('a toolchain', () => {
  it('whose image the engine does not have is named', async () => {
    using rig = apiRig(API)
    rig.write({ 'builder.yaml': ROOT.replace('rootfs: toolchains/busybox.tar', 'image: example.com/none/such:1') })
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  failed after TIME: the engine "docker" has no image "example.com/none/such:1" (toolchain "busybox")
      api:build  skipped: needs "toolchain:busybox", which was not built
      api:image  skipped: needs "api:build", which was not built

      error[toolchain/image-not-found]: toolchain:busybox: the engine "docker" has no image "example.com/none/such:1" (toolchain "busybox")
        = help: orchestrate does not pull images yet: run \`docker pull example.com/none/such:1\` first

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  skipped  -  -  -  -  -

      Not built (2):
        api:build  needs "toolchain:busybox", which was not built
        api:image  needs "api:build", which was not built

      Failed in TIME: 0 done, 0 current, 1 failed, 2 not built."
    `)
  })
})
