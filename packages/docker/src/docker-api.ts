import { Agent, type IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { inspect } from 'node:util'
import { type DockerHost, NO_SERVER_NAME } from './docker-host.ts'
import { UnexpectedAnswer } from './json-value.ts'

/** The engine answered with an HTTP status that says no. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  /** Without version and query, segments already encoded. */
  readonly path: string
  readonly query?: { readonly [name: string]: string | number | boolean | readonly string[] }
  readonly body?: object
  readonly upload?: Readable
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the answer's head must be there. */
  readonly deadline?: number
}

/**
 * The calls of the Docker Engine API that we need, over one local socket. Every method throws: an ApiError for a status that
 * says no, a system error (`code`) for a connection that fails, a DOMException
 * named TimeoutError after the deadline, one named AbortError when the caller's signal ended it.
 */
export interface DockerApi {
  readonly host: DockerHost
  /** `v1.41`; null: the engine's own newest. */
  version: string | null
  /** The whole answer, parsed; null when it is empty. */
  json(request: ApiRequest): Promise<unknown>
  /** The answer's body as it comes; the caller reads it to its end or destroys it. */
  stream(request: ApiRequest): Promise<IncomingMessage>
  /** The raw connection after the engine switched protocols. */
  hijack(request: ApiRequest): Promise<Duplex>
  close(): void
}

const CALL_DEADLINE = 30_000

interface Modem {
  version: string | undefined
  dial(options: object, callback: (error: DialError | null, answer: unknown) => void): void
}

interface DialError extends Error {
  readonly statusCode?: number
  readonly json?: unknown
}

export function createDockerApi(host: DockerHost): DockerApi {
  // One connection a call: on a local socket it costs nothing, and no call meets a connection that died while idle.
  const agent = opaque(new Agent({ keepAlive: false, ...NO_SERVER_NAME }))
  let loading: Promise<Modem> | null = null
  const modem = (): Promise<Modem> => (loading ??= loadModem(host, agent))
  const api: DockerApi = {
    host,
    version: null,
    json: async (request) => {
      const call = await dial<IncomingMessage>(await modem(), api.version, request, { isStream: true })
      try {
        return parseBody(await readAll(call.answer))
      } catch (error) {
        // A body that is cut short by us says only that it was cut short.
        throw call.signal.aborted ? call.signal.reason : error
      } finally {
        call.release()
      }
    },
    stream: async (request) => outliveDeadline(await dial<IncomingMessage>(await modem(), api.version, request, { isStream: true })),
    hijack: async (request) => outliveDeadline(await dial<Duplex>(await modem(), api.version, request, { isStream: true, hijack: true })),
    close: () => agent.destroy(),
  }
  return api
}

/** Loads the client before the first call does. */
export async function loadDockerClient(): Promise<void> {
  await import('dockerode')
}

/** The client is loaded with the first call: who only asks whether an engine is there does without it. */
async function loadModem(host: DockerHost, agent: Agent): Promise<Modem> {
  const { default: Docker } = await import('dockerode')
  // `host` is named so that a DOCKER_HOST in our own environment cannot override the socket.
  // The published types know neither `agent` nor the modem's fields.
  const docker = new Docker({ socketPath: host.socketPath, agent, host: undefined } as object)
  return docker.modem as unknown as Modem
}

/** An answer whose head has come, still under its deadline and its signal. */
interface Call<T> {
  readonly answer: T
  /** Aborted by the deadline or the caller; its reason is what to throw. */
  readonly signal: AbortSignal
  stopClock(): void
  release(): void
}

/** The body may take as long as it wants, but the caller's signal still ends it. */
function outliveDeadline<T extends Duplex | IncomingMessage>(call: Call<T>): T {
  call.stopClock()
  call.answer.once('close', () => call.release())
  return call.answer
}

// The modem lets a call hang when a buffered answer breaks off, so every answer is taken as a stream.
async function dial<T extends Duplex | IncomingMessage>(
  modem: Modem,
  version: string | null,
  request: ApiRequest,
  mode: object,
): Promise<Call<T>> {
  const over = new AbortController()
  opaque(over.signal)
  const abort = (): void => over.abort(new DOMException('interrupted', 'AbortError'))
  request.signal?.addEventListener('abort', abort, { once: true })
  const deadline = request.deadline ?? CALL_DEADLINE
  const timer = setTimeout(() => over.abort(new DOMException(`no answer within ${deadline / 1000} s`, 'TimeoutError')), deadline)
  const stopClock = (): void => clearTimeout(timer)
  const release = (): void => {
    stopClock()
    request.signal?.removeEventListener('abort', abort)
  }
  try {
    if (request.signal?.aborted === true) abort()
    over.signal.throwIfAborted()
    modem.version = version ?? undefined
    return { answer: await answerOf<T>(modem, { ...dialOptions(request), ...mode }, over.signal), signal: over.signal, stopClock, release }
  } catch (error) {
    release()
    request.upload?.destroy()
    throw error
  }
}

/** The modem renders every option of every call in full for a debug line that nobody asked for, down to open sockets: 3 ms each. */
function opaque<T extends object>(thing: T): T {
  return Object.assign(thing, { [inspect.custom]: () => thing.constructor.name })
}

function answerOf<T>(modem: Modem, options: object, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    modem.dial({ ...options, abortSignal: signal }, (error, answer) => (error === null ? resolve(answer as T) : reject(toApiError(error))))
  })
}

function dialOptions(request: ApiRequest): object {
  return {
    path: request.query === undefined ? request.path : `${request.path}?`,
    method: request.method,
    // The modem writes the options themselves as the body of a POST that has none.
    options: { _query: request.query ?? {}, _body: request.body ?? {} },
    ...(request.upload === undefined ? {} : { file: request.upload }),
    statusCodes: { 101: true, 200: true, 201: true, 204: true, 304: true },
  }
}

function toApiError(error: DialError): Error {
  if (error.statusCode === undefined) return error
  // `(HTTP code 404) unexpected - no such image `: the modem's own words around the engine's.
  return new ApiError(error.statusCode, error.message.replace(/^\(HTTP code \d+\) \w+ - /, '').trim())
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function parseBody(text: string): unknown {
  if (text.trim() === '') return null
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UnexpectedAnswer(`the engine's answer is no JSON: ${JSON.stringify(text.slice(0, 80))}`, { cause })
  }
}
