/** Every finding that this package can produce, for docs/reference/diagnostics.md. */
export const DOCKER_DIAGNOSTICS = [
  {
    id: 'engine/unreachable',
    kind: 'environment',
    summary: 'no container engine answers at its socket',
    help: 'start Docker, or set DOCKER_HOST to the socket of a running engine',
  },
  {
    id: 'engine/permission-denied',
    kind: 'environment',
    summary: 'the engine’s socket may not be opened by this user',
    help: 'join the group that owns the socket and log in again, or run as root',
  },
  {
    id: 'engine/unsupported-version',
    kind: 'environment',
    summary: 'the engine speaks no version of the Docker Engine API that orchestrate speaks',
    help: 'use Docker Engine 20.10 or newer',
  },
  {
    id: 'engine/unsupported-host',
    kind: 'environment',
    summary: 'DOCKER_HOST names an engine that is not behind a local unix socket',
    help: 'unset DOCKER_HOST or set it to unix:///path/to/docker.sock; engines over TCP and ssh come later',
  },
  {
    id: 'engine/timed-out',
    kind: 'environment',
    summary: 'the engine did not answer a call in time',
    help: 'look at the engine’s log; restart it when it hangs',
  },
  {
    id: 'engine/interrupted',
    kind: 'environment',
    summary: 'the run was stopped while the engine worked for it',
    help: 'repeat the command',
  },
  {
    id: 'engine/lost',
    kind: 'environment',
    summary: 'the connection to the engine broke while a builder ran, so its outcome is unknown and nothing was stored',
    help: 'start the engine again and repeat the command',
  },
  {
    id: 'engine/refused',
    kind: 'environment',
    summary: 'the engine answered a call with an error',
    help: 'the engine’s own words say why',
  },
  {
    id: 'engine/unexpected-answer',
    kind: 'environment',
    summary: 'the engine’s answer is not what the Docker Engine API promises',
    help: 'check that DOCKER_HOST names a Docker engine',
  },
  {
    id: 'engine/builder-removed',
    kind: 'environment',
    summary: 'somebody removed a builder’s container while it ran',
    help: 'repeat the command',
  },
  {
    id: 'engine/image-missing',
    kind: 'environment',
    summary: 'the engine no longer has the image that a toolchain or base is pinned to',
    help: 'pull the image again, or run: orchestrate lock',
  },
  {
    id: 'engine/image-changed',
    kind: 'environment',
    summary: 'the engine holds other layers than the toolchain’s identity names',
    help: 'pull the pinned image again, or run: orchestrate lock',
  },
  {
    id: 'engine/mount-refused',
    kind: 'environment',
    summary: 'the engine cannot see a directory of the store',
    help: 'the engine must run on this machine and see the store at the same path; set ORCHESTRATE_STORE to a directory that it sees',
  },
] as const

export type DockerDiagnosticId = (typeof DOCKER_DIAGNOSTICS)[number]['id']

/** What to do about `id`. */
export function helpFor(id: DockerDiagnosticId): string {
  const known = DOCKER_DIAGNOSTICS.find((candidate) => candidate.id === id)
  if (known === undefined) throw new Error(`unlisted diagnostic: ${id}`)
  return known.help
}
