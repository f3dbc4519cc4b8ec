import { execFileSync } from 'node:child_process'
import { createServer, type Server } from 'node:net'
import { linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Builder } from '@orchestrate/execute'
import { expect, it } from 'vitest'
import { cacheKey } from './contract-inputs.ts'
import { contractBuilder, describeOutputs, type EngineFixture, observe, type OpenFixture, outcomeOf } from './engine-fixture.ts'
import { ESCAPE_PROGRAM } from './escape-program.ts'

/** Attempts to get out of a builder, or at what is not its own. Each must come to nothing. */
export function escapeIsolation(open: OpenFixture): void {
  fileEscapes(open)
  processEscapes(open)
  kernelEscapes(open)
}

const shell = (script: string): Partial<Builder> => ({ argv: ['sh', '-c', script] })

async function say(fixture: EngineFixture, script: string, fields: Partial<Builder> = {}): Promise<string> {
  return (await outcomeOf(fixture, contractBuilder(fixture, { ...shell(script), ...fields }))).stdout
}

/** A view whose file is another name of a file outside of it, as views of a store are. */
function storedView(fixture: EngineFixture): { readonly blob: string; readonly source: string } {
  const blob = join(fixture.directory, 'blob')
  const source = join(fixture.directory, 'stored-view')
  writeFileSync(blob, 'stored\n')
  mkdirSync(source)
  linkSync(blob, join(source, 'main.c'))
  symlinkSync(blob, join(source, 'outside'))
  symlinkSync('/etc/shadow', join(source, 'shadow'))
  symlinkSync('../../../../../../../../../../etc/shadow', join(source, 'climb'))
  return { blob, source }
}

function fileEscapes(open: OpenFixture): void {
  it('reaches nothing outside through links among its inputs', async () => {
    await using fixture = await open()
    const { source } = storedView(fixture)
    const mounts = [{ source, kind: 'directory', to: '/workspace', access: 'read-only' }] as const
    const script = 'cd /workspace; for link in outside shadow climb; do cat $link 2>/dev/null || echo nothing; done'
    expect(await say(fixture, script, { mounts })).toBe('nothing\nnothing\nnothing\n')
  })

  it('changes nothing below a read-only mount, by whatever door', async () => {
    await using fixture = await open()
    const { blob, source } = storedView(fixture)
    const before = statSync(blob)
    const mounts = [{ source, kind: 'directory', to: '/workspace', access: 'read-only' }] as const
    const attempts = [
      'echo x > main.c',
      'echo x >> main.c',
      'exec 3<main.c; echo x > /proc/self/fd/3',
      'chmod 777 main.c',
      'chown 1000 main.c',
      'touch -d 2001-01-01 main.c',
      'rm -f main.c',
      'mv main.c other.c',
      'ln main.c /out/main.c && echo x > /out/main.c',
      'truncate -s 0 main.c',
      'dd if=/dev/zero of=main.c bs=1 count=1 conv=notrunc',
      'mount -o remount,bind,rw /workspace',
      'mount -o remount,rw /workspace',
      'umount -l /workspace',
      'mount --bind /tmp /workspace',
    ]
    const script = attempts
      .map((attempt) => `(cd /workspace; ${attempt}) >/dev/null 2>&1 && echo ${JSON.stringify(`done: ${attempt}`)}`)
      .join('\n')
    expect(await say(fixture, script, { mounts })).toBe('')
    expect([readFileSync(blob, 'utf8'), statSync(blob).mtimeMs, statSync(blob).mode]).toEqual(['stored\n', before.mtimeMs, before.mode])
  })

  it('takes no file of the machine along as an output', async () => {
    await using fixture = await open()
    const script = 'ln -s /etc/shadow /out/shadow; ln -s /proc/1/root /out/root; mkdir /out/d; ln -s ../../../../../etc /out/d/etc'
    const { exit } = await observe(fixture, contractBuilder(fixture, shell(script)))
    expect(await describeOutputs(exit)).toEqual([
      'directory 755 d',
      'symlink d/etc -> ../../../../../etc',
      'symlink root -> /proc/1/root',
      'symlink shadow -> /etc/shadow',
    ])
    await exit[Symbol.asyncDispose]()
  })

  it('finds the cache of another build nowhere', async () => {
    await using fixture = await open()
    const caches = [{ key: cacheKey(fixture, 'escape-secret'), to: '/cache' }]
    await outcomeOf(fixture, contractBuilder(fixture, { ...shell('echo secret > /cache/orchestrate-escape-secret'), caches }))
    expect(await say(fixture, 'find / -xdev -name orchestrate-escape-secret 2>/dev/null; ls -d /cache 2>/dev/null; true')).toBe('')
  })

  it('leaves nothing in the root file system for the next', async () => {
    await using fixture = await open()
    await say(fixture, 'echo x > /bin/planted; echo x > /etc/planted; echo evil >> /etc/passwd; rm -f /bin/yes; true')
    expect(await say(fixture, 'ls /bin/planted /etc/planted 2>/dev/null; grep -c evil /etc/passwd; ls /bin/yes')).toBe('0\n/bin/yes\n')
  })
}

function processEscapes(open: OpenFixture): void {
  it('sees no root but its own in any process', async () => {
    await using fixture = await open()
    const marker = join(fixture.directory, 'marker-of-the-machine')
    writeFileSync(marker, 'x')
    const script = `for root in /proc/[0-9]*/root /proc/[0-9]*/cwd; do ls $root${marker} 2>/dev/null; done; true`
    expect(await say(fixture, script)).toBe('')
  })

  it('leaves no process that outlives it', async () => {
    await using fixture = await open()
    const mark = `orchestrate-outlive-${fixture.directory.slice(-6)}`
    const script = `(setsid sh -c 'trap "" TERM HUP INT; exec -a ${mark} sleep 600' >/dev/null 2>&1 &) ; (setsid sh -c 'sleep 600; : ${mark}' >/dev/null 2>&1 &) ; sleep 0.2; echo started`
    expect(await say(fixture, script)).toBe('started\n')
    expect(processesLike(mark)).toEqual([])
  })

  it("hears nothing of the machine's abstract sockets when the network is off", async () => {
    await using fixture = await open()
    const name = `orchestrate-abstract-${fixture.directory.slice(-6)}`
    const server = await listen(`\0${name}`)
    const seen = await say(fixture, `grep -c ${name} /proc/net/unix`)
    await new Promise((resolve) => server.close(resolve))
    expect(seen).toBe('0\n')
  })
}

function processesLike(mark: string): readonly string[] {
  const listed = execFileSync('ps', ['-eo', 'args', '--no-headers'], { encoding: 'utf8' })
  return listed.split('\n').filter((line) => line.includes(mark))
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ path }, () => resolve(server))
  })
}

function kernelEscapes(open: OpenFixture): void {
  it('has the files of the kernel masked or read-only', async () => {
    await using fixture = await open()
    const script = [
      'for file in /proc/kcore /proc/keys /proc/timer_list; do [ -s $file ] && head -c 1 $file >/dev/null 2>&1 && [ "$(head -c 64 $file | wc -c)" != 0 ] && echo "read $file"; done',
      'for file in /proc/sys/kernel/hostname /proc/sys/vm/swappiness /proc/sysrq-trigger /proc/sys/kernel/core_pattern; do (echo 1 > $file) 2>/dev/null && echo "wrote $file"; done',
      '(echo x > /sys/kernel/uevent_helper) 2>/dev/null && echo "wrote uevent_helper"',
      'find /sys/fs/cgroup -name release_agent -writable 2>/dev/null | while read file; do (echo /x > $file) 2>/dev/null && echo "wrote $file"; done',
      'find /sys/fs/cgroup -name cgroup.procs -writable 2>/dev/null | while read file; do (echo 1 > $file) 2>/dev/null && echo "wrote $file"; done',
      'for controller in /sys/fs/cgroup/*/; do mkdir $controller/escape 2>/dev/null && echo "made a cgroup in $controller"; done',
      'true',
    ].join('\n')
    expect(await say(fixture, script)).toBe('')
  })

  it('has no device but the harmless ones', async () => {
    await using fixture = await open()
    const harmless = ['console', 'full', 'null', 'ptmx', 'random', 'tty', 'urandom', 'zero']
    const listed = await say(fixture, 'find /dev -type b -o -type c | sed "s,/dev/,," | grep -v ^pts/ | sort')
    expect(listed.split('\n').filter((name) => name !== '' && !harmless.includes(name))).toEqual([])
  })

  it('is refused every system call that reaches beyond it', async () => {
    await using fixture = await open()
    const tools = join(fixture.directory, 'tools')
    mkdirSync(tools)
    writeFileSync(join(tools, 'escape.c'), ESCAPE_PROGRAM)
    execFileSync('gcc', ['-static', '-O1', '-o', join(tools, 'escape'), join(tools, 'escape.c')])
    const mounts = [{ source: tools, kind: 'directory', to: '/tools', access: 'read-only' }] as const
    const { code, stdout } = await outcomeOf(fixture, contractBuilder(fixture, { argv: ['/tools/escape'], mounts }))
    expect([stdout, code]).toEqual(['', 0])
  })
}
