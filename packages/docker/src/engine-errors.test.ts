import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attempt, toEnvironmentError } from './engine-errors.ts'

const host = { kind: 'unix', socketPath: '/run/nowhere.sock' } as const
const systemError = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code })

describe('toEnvironmentError', () => {
  it.each(['ENOENT', 'ECONNREFUSED'])('says for %s that no engine answers', (code) => {
    expect(toEnvironmentError(systemError(code), host, 'asking')).toEqual({
      kind: 'environment',
      id: 'engine/unreachable',
      message: 'no container engine answers at "unix:///run/nowhere.sock"',
      details: [],
      help: 'start Docker, or set DOCKER_HOST to the socket of a running engine',
    })
  })

  it('names the socket, its group and what to do when permission is denied', () => {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrate-socket-'))
    const socketPath = join(directory, 'docker.sock')
    writeFileSync(socketPath, '')
    const refused = (gid: number, mode: number) => {
      chownSync(socketPath, 0, gid)
      chmodSync(socketPath, mode)
      return toEnvironmentError(systemError('EACCES'), { kind: 'unix', socketPath }, 'asking')
    }
    expect(refused(1, 0o660)).toEqual({
      kind: 'environment',
      id: 'engine/permission-denied',
      message: `permission denied for the engine's socket "${socketPath}"`,
      details: ['the socket has mode 0660 and belongs to group "daemon"'],
      help: 'add yourself to the group and log in again: sudo usermod -aG daemon "$USER"; or run as root',
    })
    const noGroup = 'run as root, or let the engine give its socket to a group that you are in'
    expect([refused(1, 0o600)?.help, refused(0, 0o660)?.help]).toEqual([noGroup, noGroup])
    rmSync(directory, { recursive: true })
  })

  it('says what was under way when the connection broke', () => {
    expect(toEnvironmentError(systemError('ECONNRESET'), host, 'loading an image')).toMatchObject({
      id: 'engine/lost',
      message: 'the connection to the engine broke while loading an image',
    })
  })

  it('leaves bugs and the errors of others alone', async () => {
    const bug = new TypeError('x is not a function')
    await expect(attempt(host, 'asking', () => Promise.reject(bug))).rejects.toBe(bug)
  })
})
