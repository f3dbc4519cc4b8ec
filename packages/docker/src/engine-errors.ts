import { readFileSync, statSync } from 'node:fs'
import { type EnvironmentError, environmentError, err, ok, type Result } from '@orchestrate/core'
import { helpFor, type DockerDiagnosticId } from './diagnostics.ts'
import { ApiError } from './docker-api.ts'
import { type DockerHost, formatDockerHost } from './docker-host.ts'
import { UnexpectedAnswer } from './json-value.ts'

/**
 * Runs `work` and turns what an engine or its surroundings can cause into an EnvironmentError; bugs and other people's errors
 * pass through. `doing` completes "… while …": `starting builder "api:build"`.
 */
export async function attempt<T>(host: DockerHost, doing: string, work: () => Promise<T>): Promise<Result<T, EnvironmentError>> {
  try {
    return ok(await work())
  } catch (error) {
    const known = toEnvironmentError(error, host, doing)
    if (known === null) throw error
    return err(known)
  }
}

/** Thrown inside the package where the cause is known already; `attempt` unwraps it. */
export class EngineTrouble extends Error {
  override readonly name = 'EngineTrouble'
  readonly trouble: EnvironmentError

  constructor(trouble: EnvironmentError) {
    super(trouble.message)
    this.trouble = trouble
  }
}

/** An EnvironmentError with the help that belongs to its id. */
export function engineError(id: DockerDiagnosticId, message: string, details: readonly string[] = []): EnvironmentError {
  return environmentError({ id, message, details, help: helpFor(id) })
}

/** What `error` means to the user, or null when no engine can have caused it. Judged by codes, never by texts. */
export function toEnvironmentError(error: unknown, host: DockerHost, doing: string): EnvironmentError | null {
  if (error instanceof EngineTrouble) return error.trouble
  if (error instanceof ApiError)
    return engineError('engine/refused', `the engine refused while ${doing}: ${error.message}`, [`status ${error.statusCode}`])
  if (error instanceof UnexpectedAnswer) return engineError('engine/unexpected-answer', `${error.message}, while ${doing}`)
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return engineError('engine/timed-out', `the engine at "${formatDockerHost(host)}" gave ${error.message} while ${doing}`)
  }
  if (error instanceof Error && error.name === 'AbortError') return engineError('engine/interrupted', `interrupted while ${doing}`)
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return engineError('engine/unreachable', `no container engine answers at "${formatDockerHost(host)}"`)
    case 'EACCES':
    case 'EPERM':
      return permissionDenied(host)
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return engineError('engine/lost', `the connection to the engine broke while ${doing}`)
    default:
      return isParseError(error) ? engineError('engine/unexpected-answer', `the engine's answer is no HTTP, while ${doing}`) : null
  }
}

function permissionDenied(host: DockerHost): EnvironmentError {
  const owner = ownerOf(host.socketPath)
  const base = { id: 'engine/permission-denied', message: `permission denied for the engine's socket "${host.socketPath}"` }
  if (owner === null) return environmentError({ ...base, help: helpFor('engine/permission-denied') })
  // Nobody is told to join a group that may not open the socket, nor the group of the superuser.
  const joining = owner.opens ? `add yourself to the group and log in again: sudo usermod -aG ${owner.group} "$USER"; or run as root` : null
  return environmentError({
    ...base,
    details: [`the socket has mode ${owner.mode} and belongs to group "${owner.group}"`],
    help: joining ?? 'run as root, or let the engine give its socket to a group that you are in',
  })
}

interface SocketOwner {
  readonly group: string
  readonly mode: string
  /** Whether a user who joins the group may open the socket. */
  readonly opens: boolean
}

function ownerOf(socketPath: string): SocketOwner | null {
  try {
    const { gid, mode } = statSync(socketPath)
    return {
      group: groupName(gid) ?? String(gid),
      mode: (mode & 0o7777).toString(8).padStart(4, '0'),
      opens: gid !== 0 && (mode & 0o060) === 0o060,
    }
  } catch (error) {
    // A directory above the socket may be closed too: then nothing is known about the socket itself.
    if (codeOf(error) === 'EACCES' || codeOf(error) === 'ENOENT') return null
    throw error
  }
}

function groupName(gid: number): string | null {
  const lines = readFileSync('/etc/group', 'utf8').split('\n')
  return lines.map((line) => line.split(':')).find(([, , id]) => id === String(gid))?.[0] ?? null
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

function isParseError(error: unknown): boolean {
  return codeOf(error)?.startsWith('HPE_') ?? false
}
