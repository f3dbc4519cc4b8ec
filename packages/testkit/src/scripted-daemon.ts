import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

export type DaemonHandler = (request: IncomingMessage, response: ServerResponse) => void

/** A Docker Engine on a socket of its own that says what the test tells it to say. */
export interface ScriptedDaemon extends AsyncDisposable {
  readonly socketPath: string
  /** `METHOD /path` of every call, without version and query, in order. */
  readonly calls: readonly string[]
  /** Paths as they were sent, with version and query. */
  readonly paths: readonly string[]
  /** Replaces the answer to `METHOD /path`; ids of containers are written `ID`. */
  on(call: string, handler: DaemonHandler): void
  /** What the only container writes and how it exits, once it is started. */
  readonly container: { stdout: string; code: number }
}

/**
 * Starts a daemon that knows API 1.41, has every image and volume, and runs every container to exit 0 without output.
 * A call that nobody scripted is answered with 404.
 */
export async function scriptedDaemon(): Promise<ScriptedDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate-daemon-'))
  const daemon = new Daemon(join(directory, 'docker.sock'))
  await daemon.listen()
  return Object.assign(daemon, {
    async [Symbol.asyncDispose]() {
      await daemon.close()
      rmSync(directory, { recursive: true })
    },
  })
}

/** Answers with `value` as JSON. */
export function answerJson(value: unknown, status = 200): DaemonHandler {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
}

/** Answers with the text as it is: progress lines, garbage. */
export function answerText(text: string, status = 200): DaemonHandler {
  return (_, response) => {
    response.writeHead(status)
    response.end(text)
  }
}

/** Begins an answer and breaks the connection. */
export function answerAndReset(begin: string): DaemonHandler {
  return (request, response) => {
    response.writeHead(200)
    response.write(begin, () => request.socket.destroy())
  }
}

/** Never answers. */
export const hang: DaemonHandler = () => undefined

class Daemon {
  readonly socketPath: string
  readonly calls: string[] = []
  readonly paths: string[] = []
  readonly container = { stdout: '', code: 0 }
  private readonly handlers = new Map<string, DaemonHandler>()
  private readonly server: Server
  private readonly sockets = new Set<Duplex>()
  private output: Duplex | null = null
  private waiting: ServerResponse | null = null

  constructor(socketPath: string) {
    this.socketPath = socketPath
    this.server = createServer((request, response) => this.dispatch(request, response))
    this.server.on('upgrade', (request, socket) => this.attach(request, socket))
    this.server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
    })
    this.scriptDefaults()
  }

  on(call: string, handler: DaemonHandler): void {
    this.handlers.set(call, handler)
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.socketPath, resolve))
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    return new Promise((resolve) => this.server.close(() => resolve()))
  }

  private scriptDefaults(): void {
    this.on('GET /version', answerJson({ Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' }))
    this.on('GET /info', answerJson({ Driver: 'overlay2', DriverStatus: [['Backing Filesystem', 'extfs']], InitBinary: 'docker-init' }))
    this.on('POST /containers/create', answerJson({ Id: 'ID', Warnings: [] }, 201))
    this.on('POST /volumes/create', answerJson({ Name: 'v', Mountpoint: '/var/lib/docker/volumes/v/_data' }, 201))
    this.on('POST /containers/ID/wait', (_, response) => {
      response.writeHead(200)
      response.flushHeaders()
      this.waiting = response
    })
    this.on('POST /containers/ID/start', (_, response) => {
      response.writeHead(204)
      response.end(() => this.finish())
    })
    this.on('GET /containers/ID/json', answerJson({ Id: 'ID', State: { OOMKilled: false, ExitCode: 0 } }))
    for (const call of ['DELETE /containers/ID', 'DELETE /volumes/ID', 'POST /containers/ID/kill']) this.on(call, answerText('', 204))
    this.on('GET /containers/json', answerJson([]))
    this.on('GET /volumes', answerJson({ Volumes: null }))
  }

  private finish(): void {
    const text = Buffer.from(this.container.stdout)
    const header = Buffer.alloc(8)
    header[0] = 1
    header.writeUInt32BE(text.length, 4)
    this.output?.end(text.length === 0 ? Buffer.alloc(0) : Buffer.concat([header, text]))
    this.waiting?.end(JSON.stringify({ StatusCode: this.container.code, Error: null }))
  }

  private dispatch(request: IncomingMessage, response: ServerResponse): void {
    const handler = this.handlers.get(this.record(request)) ?? answerJson({ message: 'not scripted' }, 404)
    handler(request, response)
  }

  private attach(request: IncomingMessage, socket: Duplex): void {
    this.record(request)
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
    this.output = socket
  }

  private record(request: IncomingMessage): string {
    const sent = request.url ?? ''
    const path = sent.replace(/^\/v\d+\.\d+/, '').replace(/\?.*$/, '')
    const call = `${request.method} ${path.replace(/^\/(containers|volumes)\/orchestrate-[^/]+/, '/$1/ID')}`
    this.calls.push(call)
    this.paths.push(sent)
    return call
  }
}
