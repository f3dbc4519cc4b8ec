import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectTo, answerAndReset, answerJson, answerText, hang, scriptedDaemon } from '@orchestrate/testkit'
import { describe, expect, it } from 'vitest'

const never = new AbortController().signal

describe('probe', () => {
  it('describes the engine and speaks the newest version that both know', async () => {
    await using daemon = await scriptedDaemon()
    const engine = connectTo(daemon)
    expect(await engine.probe(never)).toMatchObject({
      ok: true,
      value: {
        version: '20.10.24',
        platform: { os: 'linux', architecture: 'amd64', variant: null },
        summary: 'Docker Engine 20.10.24 (overlay2)',
      },
    })
    await engine.sweep(never)
    expect(daemon.paths.map((path) => path.replace(/\?.*/, '')).toSorted()).toEqual([
      '/info',
      '/v1.41/containers/json',
      '/v1.41/volumes',
      '/version',
    ])
  })

  it('never speaks a newer version than it knows', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /version', answerJson({ Version: '29.0.0', ApiVersion: '1.52', MinAPIVersion: '1.44', Os: 'linux', Arch: 'amd64' }))
    daemon.on('GET /info', answerJson({ Driver: 'overlayfs', DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']] }))
    const engine = connectTo(daemon)
    expect(await engine.probe(never)).toMatchObject({
      ok: true,
      value: { summary: 'Docker Engine 29.0.0 (containerd store, overlayfs)' },
    })
    await engine.sweep(never)
    expect(daemon.paths.map((path) => path.replace(/\?.*/, '')).toSorted()).toEqual([
      '/info',
      '/v1.44/containers/json',
      '/v1.44/volumes',
      '/version',
    ])
  })

  it.each([
    ['1.40', '1.12'],
    ['1.60', '1.50'],
  ])('refuses an engine that speaks up to %s and from %s', async (newest, oldest) => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /version', answerJson({ Version: 'X', ApiVersion: newest, MinAPIVersion: oldest, Os: 'linux', Arch: 'amd64' }))
    expect(await connectTo(daemon).probe(never)).toEqual({
      ok: false,
      error: {
        kind: 'environment',
        id: 'engine/unsupported-version',
        message: `Docker Engine X speaks API ${oldest} to ${newest}, orchestrate speaks 1.41 to 1.44`,
        details: [],
        help: 'use Docker Engine 20.10 or newer',
      },
    })
  })

  it('says that nobody listens', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrate-nobody-'))
    expect(await connectTo({ socketPath: join(directory, 'docker.sock') }).probe(never)).toMatchObject({
      ok: false,
      error: { id: 'engine/unreachable', message: `no container engine answers at "unix://${directory}/docker.sock"` },
    })
    rmSync(directory, { recursive: true })
  })

  it('gives a hanging engine five seconds', async () => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /version', hang)
    expect(await connectTo(daemon).probe(never)).toMatchObject({
      ok: false,
      error: {
        id: 'engine/timed-out',
        message: `the engine at "unix://${daemon.socketPath}" gave no answer within 5 s while asking for its version`,
      },
    })
  })

  it.each([
    ['an error', answerJson({ message: 'client version 1.99 is too new' }, 400), 'engine/refused'],
    ['a web page', answerText('<html></html>'), 'engine/unexpected-answer'],
    ['something else', answerJson({ hello: 'world' }), 'engine/unexpected-answer'],
    ['half an answer', answerAndReset('{"Version":'), 'engine/lost'],
  ])('understands %s', async (_, handler, id) => {
    await using daemon = await scriptedDaemon()
    daemon.on('GET /version', handler)
    expect(await connectTo(daemon).probe(never)).toMatchObject({ ok: false, error: { id } })
  })

  it('asks again after a failure', async () => {
    await using daemon = await scriptedDaemon()
    const engine = connectTo(daemon)
    daemon.on('GET /version', answerJson({}, 500))
    expect((await engine.probe(never)).ok).toBe(false)
    daemon.on('GET /version', answerJson({ Version: '1', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' }))
    expect((await engine.probe(never)).ok).toBe(true)
  })
})

describe('close', () => {
  it('asks for nothing when nothing was made', async () => {
    await using daemon = await scriptedDaemon()
    await connectTo(daemon).close()
    expect(daemon.calls).toEqual([])
  })
})
