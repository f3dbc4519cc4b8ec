import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { callDocker } from './docker-calls.ts'

/** A Docker Engine of a test's own, without a network, beside whatever runs on the machine. */
export interface PrivateDaemon extends AsyncDisposable {
  readonly socketPath: string
  /** SIGKILL, as a crash. */
  crash(): Promise<void>
  /** Starts it again on the same data. */
  restart(): Promise<void>
}

const START_DEADLINE = 60_000

/** Needs root and the `dockerd` of the distribution. */
export async function privateDaemon(): Promise<PrivateDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate-dockerd-'))
  const socketPath = join(directory, 'docker.sock')
  let child = await startDaemon(directory, socketPath)
  return {
    socketPath,
    crash: () => end(child, 'SIGKILL'),
    restart: async () => {
      // Its containerd died with it, but where no init reaps orphans the number in this file still answers, and the new daemon
      // would wait for the dead one.
      rmSync(join(directory, 'exec-root/containerd/containerd.pid'), { force: true })
      child = await startDaemon(directory, socketPath)
    },
    async [Symbol.asyncDispose]() {
      await removeContainers(socketPath)
      await end(child, 'SIGTERM')
      endShims(directory)
      unmountBelow(directory)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function startDaemon(directory: string, socketPath: string): Promise<ChildProcess> {
  const log = openSync(join(directory, 'log'), 'a')
  const places = ['data-root', 'exec-root'].map((name) => `--${name}=${join(directory, name)}`)
  const options = [
    ...places,
    `--pidfile=${join(directory, 'pid')}`,
    `--host=unix://${socketPath}`,
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
  ]
  // A network namespace of its own: a dockerd without a bridge removes docker0, which is another daemon's.
  const child = spawn('unshare', ['--net', 'dockerd', ...options], { stdio: ['ignore', log, log] })
  const giveUpAt = performance.now() + START_DEADLINE
  while ((await callDocker('GET', '/version', socketPath).catch(() => null)) === null) {
    if (child.exitCode !== null || performance.now() > giveUpAt) throw new Error(`dockerd did not start; see ${directory}/log`)
    await delay(50)
  }
  return child
}

/** A container's shim outlives its daemon, so none may be left when the daemon goes. */
async function removeContainers(socketPath: string): Promise<void> {
  const containers = (await callDocker('GET', '/containers/json?all=true', socketPath)) as readonly { readonly Id: string }[]
  for (const { Id } of containers) await callDocker('DELETE', `/containers/${Id}?force=true`, socketPath)
}

/** The shim of a container that lived through a crash stays behind: told by this daemon's own socket among its arguments. */
function endShims(directory: string): void {
  const address = `-address\0${directory}/`
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (commandLineOf(name).includes(address)) process.kill(Number(name), 'SIGKILL')
  }
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // It ended while we looked.
    return ''
  }
}

/** What the daemon mounted onto its own data, innermost first. */
function unmountBelow(directory: string): void {
  const places = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  for (const place of places.filter((path) => path.startsWith(`${directory}/`)).toReversed()) execFileSync('umount', [place])
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}
