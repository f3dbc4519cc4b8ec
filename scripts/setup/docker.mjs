// A Docker engine that answers. One that runs is never touched; one of our own is left running.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCommand } from './commands.mjs'
import { EnvironmentError, step } from './report.mjs'
import { root } from './root.mjs'

const socket = '/var/run/docker.sock'
const pidFile = '/var/run/docker.pid'
/** What an engine of ours consists of, and the client that talks to any: Debian packages by command. */
const client = [['docker', 'docker.io']]
const daemon = [...client, ['dockerd', 'docker.io'], ['iptables', 'iptables']]

/** @returns {Promise<(readonly [string, string])[]>} the packages that are needed before `ensureDocker`, by command */
export async function dockerCommands() {
  return (await dockerAnswers()) || process.env.DOCKER_HOST ? client : daemon
}

/** Makes sure that a Docker engine answers. Its packages must be there. */
export async function ensureDocker() {
  if (await dockerAnswers()) return
  const chosen = process.env.DOCKER_HOST
  if (chosen)
    throw new EnvironmentError(
      `no Docker engine answers at DOCKER_HOST=${chosen}\nstart it, or unset DOCKER_HOST and let set-up take the local one`,
    )
  if (process.getuid?.() !== 0)
    throw new EnvironmentError('no Docker engine answers\nset-up is not root here: start one, and see that you may use its socket')
  await step('start the Docker engine', async () => {
    // With an init system the package has started its service, or root's word does; without one it is ours to start.
    if (existsSync('/run/systemd/system')) await startService()
    const started = existsSync('/run/systemd/system') || isStarting() ? null : startDaemon()
    await waitUntilItAnswers(() => started?.exitCode ?? null)
    started?.unref()
  })
}

/** What orchestrate speaks to, and so the client, whatever its context is. */
export const dockerHost = process.env.DOCKER_HOST || `unix://${socket}`

/** Whether an engine answers that orchestrate can use: one on a local socket. */
export async function dockerAnswers() {
  const path = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1]
  return path !== undefined && (await ping(path))
}

/** @param {string} socketPath @returns {Promise<boolean>} */
function ping(socketPath) {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    call.once('timeout', () => call.destroy())
    call.once('error', () => resolve(false))
    call.end()
  })
}

/** True when the pid file names a living dockerd; one that a crash or another boot left is removed, or dockerd refuses to start. */
function isStarting() {
  if (!existsSync(pidFile)) return false
  const command = `/proc/${readFileSync(pidFile, 'utf8').trim()}/comm`
  if (existsSync(command) && readFileSync(command, 'utf8').trim() === 'dockerd') return true
  rmSync(pidFile)
  return false
}

/** @returns {import('node:child_process').ChildProcess} in a session of its own, so that it outlives us */
function startDaemon() {
  const dockerd = findCommand('dockerd')
  if (dockerd === null) throw new EnvironmentError('the package docker.io brought no dockerd')
  mkdirSync(join(root, '.tools', 'log'), { recursive: true })
  const log = openSync(daemonLog(), 'a')
  const path = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`
  const child = spawn(dockerd, [], { cwd: '/', detached: true, stdio: ['ignore', log, log], env: { ...process.env, PATH: path } })
  closeSync(log)
  return child
}

/** @returns {Promise<void>} */
function startService() {
  return new Promise((resolve, reject) => {
    execFile('systemctl', ['start', 'docker'], (error, _stdout, stderr) =>
      error === null ? resolve() : reject(new EnvironmentError(stderr.trim())),
    )
  })
}

/** @param {() => number | null} exitCode of the daemon, once it has given up */
async function waitUntilItAnswers(exitCode) {
  for (let tries = 0; tries < 300 && exitCode() === null; tries++) {
    if (await ping(socket)) return
    await sleep(200)
  }
  const log = existsSync(daemonLog()) ? `\n${readFileSync(daemonLog(), 'utf8').trimEnd().split('\n').slice(-8).join('\n')}` : ''
  throw new EnvironmentError(`the Docker engine does not answer on ${socket}${log}`)
}

function daemonLog() {
  return join(root, '.tools', 'log', 'dockerd.log')
}
