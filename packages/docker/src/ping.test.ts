import { answerJson, answerText, scriptedDaemon } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'
import { pingEngine } from './ping.ts'

const never = new AbortController().signal

const at = (socketPath: string) => ({ kind: 'unix', socketPath }) as const

describe('pingEngine', () => {
  it('is content with an engine that answers', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /_ping', answerText('OK'))
    expect(await pingEngine(at(daemon.socketPath), never)).toEqual({ ok: true, value: undefined })
    expect(daemon.paths).toEqual(['/_ping'])
  })

  it('says that nobody listens', async () => {
    expect(await pingEngine(at('/nowhere/docker.sock'), never)).toMatchObject({
      ok: false,
      error: { id: 'engine/unreachable', message: 'no container engine answers at "unix:///nowhere/docker.sock"' },
    })
  })

  it('takes another answer for no engine', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /_ping', answerJson({ message: 'starting' }, 503))
    expect(await pingEngine(at(daemon.socketPath), never)).toMatchObject({
      ok: false,
      error: { id: 'engine/unexpected-answer', message: 'the engine answered with status 503, while being asked whether it is there' },
    })
  })

  it('ends when the caller does', async () => {
    await using daemon = await scriptedDaemon()
    const stop = new AbortController()
    daemon.on('GET /_ping', () => stop.abort())
    expect(await pingEngine(at(daemon.socketPath), stop.signal)).toMatchObject({ ok: false, error: { id: 'engine/interrupted' } })
  })
})
