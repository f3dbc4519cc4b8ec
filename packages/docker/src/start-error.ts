import { posix } from 'node:path'
import type { Builder } from '@orchestrate/execute'
import type { DockerApi } from './docker-api.ts'
import { orNull } from './image-calls.ts'
import { numberAt } from './json-value.ts'

const NOT_EXECUTABLE = 126
const NOT_FOUND = 127
/** Go's os.FileMode, in which the engine writes modes. */
const GO_MODE_DIRECTORY = 0x80000000
const GO_MODE_SYMLINK = 0x08000000

/**
 * Whether a builder ended with 126 or 127 because its command could not be started, in words; null when the command ran and
 * chose that code itself. The init process hides the difference, so the command is looked up in the stopped container.
 */
export async function findStartError(api: DockerApi, container: string, builder: Builder, code: number): Promise<string | null> {
  if (code !== NOT_EXECUTABLE && code !== NOT_FOUND) return null
  const [command = ''] = builder.argv
  const modes = await Promise.all(candidates(builder, command).map((path) => modeOf(api, container, path)))
  const found = modes.filter((mode) => mode !== null)
  if (code === NOT_FOUND)
    return found.length === 0 ? `exec: "${command}": executable file not found${command.includes('/') ? '' : ' in $PATH'}` : null
  return found.length > 0 && found.every(cannotRun) ? `exec: "${command}": permission denied` : null
}

function candidates(builder: Builder, command: string): readonly string[] {
  if (command.includes('/')) return [posix.resolve(builder.workdir, command)]
  const path = builder.env.get('PATH') ?? builder.root.env.get('PATH') ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  return path.split(':').map((directory) => posix.resolve(builder.workdir, directory, command))
}

function cannotRun(mode: number): boolean {
  if ((mode & GO_MODE_SYMLINK) !== 0) return false
  return mode >= GO_MODE_DIRECTORY || (mode & 0o111) === 0
}

/** Mode of a file in a stopped container, or null when there is none. */
async function modeOf(api: DockerApi, container: string, path: string): Promise<number | null> {
  const answer = await orNull(api.stream({ method: 'HEAD', path: `/containers/${container}/archive`, query: { path } }))
  if (answer === null) return null
  answer.resume()
  const stat = answer.headers['x-docker-container-path-stat']
  return numberAt(JSON.parse(Buffer.from(String(stat), 'base64').toString('utf8')), 'mode')
}
