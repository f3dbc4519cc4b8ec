import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Builder, HOST_CERTIFICATES_PATH } from '@orchestrate/execute'
import { describe, expect, it } from 'vitest'
import { escapeIsolation } from './escapes.ts'
import { contractBuilder, type EngineFixture, type OpenFixture, observe, outcomeOf } from './engine-fixture.ts'
import { surroundingsContract } from './surroundings.ts'

/** What every Engine with a kernel under it must keep builders from. A scripted engine cannot show it. */
export function isolationContract(name: string, open: OpenFixture): void {
  describe(`a builder of ${name}`, () => {
    describe('its surroundings', () => surroundingsContract(open))
    describe('its network', () => networkIsolation(open))
    describe('its privileges', () => privilegeIsolation(open))
    describe('its mounts', () => mountIsolation(open))
    describe('its escapes', () => escapeIsolation(open))
  })
}

const shell = (script: string): Partial<Builder> => ({ argv: ['sh', '-ec', script] })

async function say(fixture: EngineFixture, script: string, fields: Partial<Builder> = {}): Promise<string> {
  return (await outcomeOf(fixture, contractBuilder(fixture, { ...shell(script), ...fields }))).stdout
}

function networkIsolation(open: OpenFixture): void {
  it('has no interface but the loopback and no route when the network is off', async () => {
    await using fixture = await open()
    expect(await say(fixture, 'ls /sys/class/net; tail -n +2 /proc/net/route')).toBe('lo\n')
  })

  it('reaches itself, and knows the names of the loopback, when the network is off', async () => {
    await using fixture = await open()
    const script = `${SERVE}until wget -q -O - http://localhost:4000/word 2>/dev/null; do sleep 0.02; done; grep -c "^127.0.0.1[[:space:]].*localhost" /etc/hosts`
    expect(await say(fixture, script)).toBe('hello\n1\n')
  })

  it.each([
    ['off', 'nothing\n'],
    ['on', 'word of the machine\n'],
  ] as const)('that is %s decides whether it reaches the machine', async (network, expected) => {
    await using fixture = await open()
    const server = createServer((_, answer) => answer.end('word of the machine\n'))
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
    const { port } = server.address() as AddressInfo
    // An engine gives either the machine's own network or one of which the machine is the gateway.
    const script = `for host in 127.0.0.1 $(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'); do wget -q -O - http://$host:${port}/ 2>/dev/null && exit 0; done; echo nothing`
    const seen = await say(fixture, script, { network })
    await new Promise((resolve) => server.close(resolve))
    expect(seen).toBe(expected)
  })

  it("asks the machine's name servers when the network is on", async () => {
    await using fixture = await open()
    const servers = (text: string): readonly string[] => text.match(/^nameserver +(?!127\.|::1)\S+/gm) ?? []
    const own = servers(await say(fixture, 'cat /etc/resolv.conf', { network: 'on' }))
    const wanted = servers(readFileSync('/etc/resolv.conf', 'utf8'))
    expect(wanted.length === 0 ? [] : own).toEqual(wanted)
  })
}

/** A web server that says hello, in a builder. */
const SERVE = 'mkdir /tmp/www; echo hello > /tmp/www/word; httpd -p 127.0.0.1:4000 -h /tmp/www; '

function privilegeIsolation(open: OpenFixture): void {
  it('has the five capabilities that toolchains need and can get no other', async () => {
    await using fixture = await open()
    expect(await say(fixture, "grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr '\\t' ' '")).toBe(
      'CapPrm: 00000000000000cb\nCapEff: 00000000000000cb\nCapBnd: 00000000000000cb\nNoNewPrivs: 1\nSeccomp: 2\n',
    )
  })

  it.each([
    'mount -t tmpfs none /tmp',
    'unshare -m true',
    'mknod /tmp/sda b 8 0',
    'chroot / true',
    'hostname other',
    'mount -o bind /bin /tmp',
  ])('refuses %s', async (command) => {
    await using fixture = await open()
    expect(await say(fixture, `if ${command} 2>/dev/null; then echo done; else echo refused; fi`)).toBe('refused\n')
  })

  it('cannot start more processes than its limit, where the engine says that there is one', async () => {
    await using fixture = await open()
    const script = 'n=0; while [ $n -lt 60 ]; do sleep 30 & n=$((n+1)); done; echo all'
    const outcome = await outcomeOf(fixture, contractBuilder(fixture, { ...shell(script), limits: { pids: 30, memory: null, cpus: null } }))
    expect([outcome.code === 0, outcome.stdout]).toEqual(fixture.facts.limitsPids ? [false, ''] : [true, 'all\n'])
    const described = await fixture.engine.probe(new AbortController().signal)
    const unenforced = described.ok && described.value.unenforced.some((line) => line.startsWith('pids: '))
    expect(unenforced).toBe(!fixture.facts.limitsPids)
  })

  it.each([0, 3])('is told from one that ended well when a process of it met the memory limit, exit code %i', async (code) => {
    await using fixture = await open()
    const described = await fixture.engine.probe(new AbortController().signal)
    const enforced = described.ok && !described.value.unenforced.some((line) => line.startsWith('memory: '))
    // Where nothing limits it, it would take the memory of the machine.
    const hungry = enforced ? 'tail /dev/zero' : 'true'
    const limits = { pids: 64, memory: 48 * 1024 ** 2, cpus: 0.5 }
    const { exit } = await observe(fixture, contractBuilder(fixture, { ...shell(`${hungry} || true; exit ${code}`), limits }))
    await exit[Symbol.asyncDispose]()
    expect([exit.outOfMemory, exit.code]).toEqual([enforced, code])
  })

  it("sees no process of the machine and no engine's socket", async () => {
    await using fixture = await open()
    const script = 'ps -o comm | grep -c -E "dockerd|containerd|node" || true; ls -d /var/run/*.sock /run/*.sock 2>/dev/null || true'
    expect(await say(fixture, script)).toBe('0\n')
  })

  it('writes with umask 022', async () => {
    await using fixture = await open()
    expect(await say(fixture, 'umask')).toBe('0022\n')
  })
}

function mountIsolation(open: OpenFixture): void {
  it('cannot make a read-only mount writable', async () => {
    await using fixture = await open()
    const source = join(fixture.directory, 'view')
    mkdirSync(source)
    writeFileSync(join(source, 'a'), 'a')
    const mounts = [{ source, kind: 'directory', to: '/workspace', access: 'read-only' }] as const
    const script =
      'mount -o remount,rw /workspace 2>/dev/null || umount /workspace 2>/dev/null || chmod 777 /workspace/a 2>/dev/null || echo held'
    expect(await say(fixture, script, { mounts })).toBe('held\n')
  })

  it("shows the machine's certificates read-only at their place", async () => {
    await using fixture = await open()
    const certificates = join(fixture.directory, 'ca.crt')
    writeFileSync(certificates, 'certificate\n')
    const script = `cat ${HOST_CERTIFICATES_PATH}; (: > ${HOST_CERTIFICATES_PATH}) 2>/dev/null || echo held`
    expect(await say(fixture, script, { certificates })).toBe('certificate\nheld\n')
  })
}
