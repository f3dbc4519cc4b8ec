import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { withStoreLock } from './store-lock.ts'

const never = new AbortController().signal

it('lets one after the other work under a name', async () => {
  const order: string[] = []
  const scope = `test ${process.pid} order`
  const work = (name: string) => async () => {
    order.push(`${name} in`)
    await new Promise((resolve) => setImmediate(resolve))
    order.push(`${name} out`)
  }
  await Promise.all(['a', 'b', 'c'].map((name) => withStoreLock(scope, 'base', work(name), never)))
  expect(order.filter((_, index) => index % 2 === 0).map((entry) => entry[0])).toEqual(
    order.filter((_, index) => index % 2 === 1).map((entry) => entry[0]),
  )
  expect(order).toHaveLength(6)
})

it('waits for another process, and goes on when that one dies', async () => {
  const scope = `test ${process.pid} process`
  const address = createHash('sha256')
    .update(JSON.stringify([scope, 'base']))
    .digest('hex')
  const script = `require('net').createServer().listen({ path: '\\0orchestrate-${address}' }, () => console.log('held'))`
  const owner = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(owner.stdout, 'data')
  const order: string[] = []
  const waiting = withStoreLock(scope, 'base', async () => order.push('worked'), never)
  order.push('owner dies')
  owner.kill('SIGKILL')
  await waiting
  expect(order).toEqual(['owner dies', 'worked'])
})

it('frees the name when the work fails', async () => {
  const scope = `test ${process.pid} failure`
  await expect(withStoreLock(scope, 'base', async () => Promise.reject(new Error('failed')), never)).rejects.toThrow('failed')
  expect(await withStoreLock(scope, 'base', async () => 'free', never)).toBe('free')
})
