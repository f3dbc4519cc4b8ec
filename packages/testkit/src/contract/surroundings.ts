import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Builder } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { cacheKey } from './contract-inputs.ts'
import { contractBuilder, type EngineFixture, type OpenFixture, outcomeOf } from './engine-fixture.ts'

/** What a command finds at its start, as on any machine: arguments, descriptors, signals, devices, places where programs run. */
export function surroundingsContract(open: OpenFixture): void {
  startContract(open)
  placesContract(open)
}

async function say(fixture: EngineFixture, script: string, fields: Partial<Builder> = {}): Promise<string> {
  return (await outcomeOf(fixture, contractBuilder(fixture, { argv: ['sh', '-ec', script], ...fields }))).stdout
}

function startContract(open: OpenFixture): void {
  it('gets its arguments as they are', async () => {
    await using fixture = await open()
    const odd = ['', ' ', 'a b', '*', '$HOME', '$(id)', `'"\`\\`, '-n', '--', 'new\nline', 'é€𝄞', '%s', '{"a":1}', '~']
    const { stdout } = await outcomeOf(fixture, contractBuilder(fixture, { argv: ['printf', '<%s>', ...odd] }))
    expect(stdout).toBe(odd.map((argument) => `<${argument}>`).join(''))
  })

  it('has nothing to read, and no terminal', async () => {
    await using fixture = await open()
    expect(await say(fixture, 'cat; for n in 0 1 2; do if [ -t $n ]; then echo terminal $n; fi; done; echo end')).toBe('end\n')
  })

  it('has no descriptor but its three', async () => {
    await using fixture = await open()
    // The highest is that of the directory itself.
    expect(await say(fixture, 'ls /proc/self/fd')).toBe('0\n1\n2\n3\n')
  })

  it('ignores no signal', async () => {
    await using fixture = await open()
    expect(await say(fixture, "grep '^SigIgn:' /proc/self/status | tr '\\t' ' '")).toBe('SigIgn: 0000000000000000\n')
  })

  it('takes in what its children leave', async () => {
    await using fixture = await open()
    const script = '(sh -c "sleep 0.05 & exit 0"); sleep 0.3; grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null || echo none'
    expect(await say(fixture, script)).toBe('none\n')
  })

  it('ends with its command, whoever still holds its streams', async () => {
    await using fixture = await open()
    expect(await say(fixture, '(setsid sleep 600 &); sleep 600 & echo started')).toBe('started\n')
  })
}

function placesContract(open: OpenFixture): void {
  it('has the devices that programs use', async () => {
    await using fixture = await open()
    const script = [
      'echo out > /dev/stdout; echo in | cat /dev/stdin; echo err > /dev/stderr; echo null > /dev/null',
      'head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; head -c 3 /dev/random | wc -c',
      'echo shared > /dev/shm/x; cat /dev/shm/x; exec 3<<EOF\nfd\nEOF\ncat /dev/fd/3',
      'for file in /dev/ptmx /dev/pts /dev/tty; do [ -e $file ] || echo no $file; done; if echo x > /dev/full; then echo not full; fi 2>/dev/null',
    ].join('\n')
    expect(await say(fixture, script)).toBe('out\nin\n3\n3\n3\nshared\nfd\n')
  })

  it('runs programs wherever they lie: in the sources, the outputs, a cache, a temporary directory', async () => {
    await using fixture = await open()
    const tools = join(fixture.directory, 'programs')
    mkdirSync(tools)
    copyFileSync('/bin/busybox', join(tools, 'echo'))
    chmodSync(join(tools, 'echo'), 0o555)
    const places = ['/out', '/cache', '/tmp', '/var/tmp', '/root', '/opt/made', '/dev/shm/../../run']
    const script = `/tools/echo /tools; for place in ${places.join(' ')}; do mkdir -p $place; cp /tools/echo $place/echo; $place/echo $place; done`
    const mounts = [{ source: tools, kind: 'directory', to: '/tools', access: 'read-only' }] as const
    const caches = [{ key: cacheKey(fixture, 'programs'), to: '/cache' }]
    expect(await say(fixture, script, { mounts, caches })).toBe(`${['/tools', ...places].join('\n')}\n`)
  })

  it('may link and rename between the directories of its own', async () => {
    await using fixture = await open()
    const script = [
      'mkdir -p /opt/a/b /opt/c; echo x > /opt/a/b/f; mv /opt/a/b /opt/c/b; ln /opt/c/b/f /opt/c/g; ln -s /opt/c/g /opt/h; cat /opt/h',
      'echo w > /root/f; mv /root /opt/root; mkdir /root; mv /opt/root/f /root/f; cat /root/f',
      'mkdir /out/a; echo y > /out/a/f; mv /out/a /out/b; ln /out/b/f /out/g; cat /out/g',
      'mkfifo /tmp/pipe; (echo z > /tmp/pipe &); cat /tmp/pipe; touch -d 2001-02-03 /tmp/t; stat -c %y /tmp/t | cut -c1-10',
    ].join('\n')
    expect(await say(fixture, script)).toBe('x\nw\ny\nz\n2001-02-03\n')
  })

  it('gives files to other users as far as there are others', async () => {
    await using fixture = await open()
    const script = 'echo x > /tmp/f; if chown 1000:1000 /tmp/f 2>/dev/null; then stat -c %u:%g /tmp/f; else echo refused; fi'
    expect(await say(fixture, script)).toBe(fixture.facts.uids === 'many' ? '1000:1000\n' : 'refused\n')
  })
}
