import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Builder, HOST_CERTIFICATES_PATH } from '@orchestrate/execute'
import { describe, expect, it } from 'vitest'
import { escapeIsolation } from './escapes.ts'
import { contractBuilder, type EngineFixture, type OpenFixture, outcomeOf } from './engine-fixture.ts'

/** What every Engine with a kernel under it must keep builders from. A scripted engine cannot show it. */
export function isolationContract(name: string, open: OpenFixture): void {
  describe(`engine isolation: ${name}`, () => {
    networkIsolation(open)
    privilegeIsolation(open)
    mountIsolation(open)
    escapeIsolation(open)
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
    const script =
      'grep -c "^127.0.0.1[[:space:]].*localhost" /etc/hosts; echo hello | nc -l -p 4000 & until nc localhost 4000 </dev/null 2>/dev/null; do :; done'
    expect(await say(fixture, script)).toBe('1\nhello\n')
  })

  it('has a route out when the network is on', async () => {
    await using fixture = await open()
    expect(await say(fixture, 'awk \'$2 == "00000000" { print $1 }\' /proc/net/route', { network: 'on' })).toBe('eth0\n')
  })
}

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
    const outcome = await outcomeOf(fixture, contractBuilder(fixture, { ...shell(script), limits: { pids: 30 } }))
    expect([outcome.code === 0, outcome.stdout]).toEqual(fixture.facts.limitsPids ? [false, ''] : [true, 'all\n'])
    const described = await fixture.engine.probe(new AbortController().signal)
    const unenforced = described.ok && described.value.unenforced.some((line) => line.startsWith('pids: '))
    expect(unenforced).toBe(!fixture.facts.limitsPids)
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
