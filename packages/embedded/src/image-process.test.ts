import { expect, it } from 'vitest'
import { imageOf } from '../test/temporary-roots.ts'
import { readImageProcess } from './image-process.ts'

function processOf(config: object, args: readonly string[] | null = null, env: ReadonlyMap<string, string> = new Map()) {
  const image = { ...imageOf(), config: { ...imageOf().config, bytes: Buffer.from(JSON.stringify({ config })) } }
  return readImageProcess({ image, service: 'api', args, env })
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

it('takes everything that the image says', () => {
  const config = {
    Entrypoint: ['/api'],
    Cmd: ['--serve'],
    Env: ['A=1=2', 'B', 'PATH=/bin'],
    WorkingDir: '/srv',
    User: '65532:65532',
    ExposedPorts: { '9090/udp': {}, '8080/tcp': {} },
  }
  expect(processOf(config)).toEqual({
    argv: ['/api', '--serve'],
    env: new Map([
      ['PATH', '/bin'],
      ['HOSTNAME', 'api'],
      ['A', '1=2'],
      ['B', ''],
    ]),
    workdir: '/srv',
    user: '65532:65532',
    ports: ['8080/tcp', '9090/udp'],
  })
})

it('puts arguments in the place of Cmd and never of Entrypoint', () => {
  expect(processOf({ Entrypoint: ['/api'], Cmd: ['--serve'] }, ['--help']).argv).toEqual(['/api', '--help'])
  expect(processOf({ Entrypoint: ['/api'], Cmd: ['--serve'] }, []).argv).toEqual(['/api'])
  expect(processOf({ Cmd: ['sh'] }, ['ls']).argv).toEqual(['ls'])
})

it('lets the variables of the request win', () => {
  expect(processOf({ Env: ['PORT=80', 'HOSTNAME=x'] }, null, new Map([['PORT', '8080']])).env).toEqual(
    new Map([
      ['PATH', PATH],
      ['HOSTNAME', 'x'],
      ['PORT', '8080'],
    ]),
  )
})

it('has defaults for an image that says nothing', () => {
  expect(processOf({})).toEqual({
    argv: [],
    env: new Map([
      ['PATH', PATH],
      ['HOSTNAME', 'api'],
    ]),
    workdir: '/',
    user: null,
    ports: [],
  })
})
