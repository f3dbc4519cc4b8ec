import { describe, expect, it } from 'vitest'
import { exited } from './trouble.ts'

const exit = { code: 1, startError: null, unknownUser: null, outOfMemory: false }
const HINT = 'builders have no network unless the build says "network: on"; put downloads into a build of their own and need its output'

describe('a build that failed', () => {
  it.each([
    ['curl', 'curl: (6) Could not resolve host: example.com'],
    ['wget', "wget: unable to resolve host address 'example.com'"],
    ['busybox wget', "wget: bad address 'example.com'"],
    ['apt', "Err:1 http://deb.debian.org/debian trixie InRelease  Temporary failure resolving 'deb.debian.org'"],
    ['npm', 'npm error code EAI_AGAIN'],
    ['maven', 'Could not transfer artifact from central: Unknown host repo.maven.apache.org'],
    ['java', 'java.net.UnknownHostException: repo.maven.apache.org'],
    ['pip', '[Errno -3] Temporary failure in name resolution'],
    ['go', 'dial tcp: lookup proxy.golang.org on [::1]:53: read: connection refused'],
  ])('is told about the network in the words of %s', (_, line) => {
    expect(exited(exit, { toolchain: 'go', networkOff: true, memory: null, tail: ['building', line] }).help).toBe(HINT)
    expect(exited(exit, { toolchain: 'go', networkOff: false, memory: null, tail: ['building', line] }).help).toBeNull()
  })

  it('is told nothing about the network when it did not try it', () => {
    expect(exited(exit, { toolchain: 'go', networkOff: true, memory: null, tail: ['syntax error'] }).help).toBeNull()
  })
})

describe('a builder that ran out of memory', () => {
  it.each([0, 137])('with exit code %d is told which limit it met', (code) => {
    const context = { toolchain: 'go', networkOff: true, memory: 64 * 1024 ** 2, tail: [] }
    const { id, message, help } = exited({ ...exit, code, outOfMemory: true }, context)
    expect({ id, message }).toEqual({
      id: 'build/out-of-memory',
      message: `the kernel killed a process of the builder: memory limit 64.0 MiB (exit code ${code})`,
    })
    expect(help).toContain('resources.memory')
  })
})
