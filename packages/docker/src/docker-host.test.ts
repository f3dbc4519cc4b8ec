import { describe, expect, it } from 'vitest'
import { parseDockerHost } from './docker-host.ts'

describe('parseDockerHost', () => {
  it.each([{}, { DOCKER_HOST: '' }, { DOCKER_HOST: 'unix://' }])('takes the default socket for %j', (env) => {
    expect(parseDockerHost(env)).toEqual({ ok: true, value: { kind: 'unix', socketPath: '/var/run/docker.sock' } })
  })

  it('takes the socket that DOCKER_HOST names', () => {
    expect(parseDockerHost({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' })).toEqual({
      ok: true,
      value: { kind: 'unix', socketPath: '/run/user/1000/docker.sock' },
    })
  })

  it.each(['tcp://10.0.0.1:2376', 'ssh://build@host', 'unix://relative', 'nonsense'])('says that %s comes later', (text) => {
    expect(parseDockerHost({ DOCKER_HOST: text })).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'engine/unsupported-host',
        message: `DOCKER_HOST "${text}" is not a local unix socket`,
        details: [],
        help: 'unset DOCKER_HOST or set it to unix:///path/to/docker.sock; engines over TCP and ssh come later',
      },
    })
  })
})
