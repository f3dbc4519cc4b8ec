import { readFileSync } from 'node:fs'
import { compareCodeUnits } from '@orchestrate/core'
import type { RunIdentity } from '@orchestrate/execute'
import { listAt, optionalTextAt, textAt } from './json-value.ts'
import { BOOT_ID_LABEL, PID_LABEL, PID_NAMESPACE_LABEL, PID_START_LABEL, pidNamespace, RUN_LABEL } from './names.ts'
import { removeContainer, removeVolume } from './remove.ts'
import type { DockerSession } from './session.ts'

/** Removes the containers and volumes of runs whose process is gone; gives their names, sorted. */
export async function sweepDeadRuns(session: DockerSession, signal: AbortSignal): Promise<readonly string[]> {
  return await removeLabelled(session, RUN_LABEL, (labels) => ownerIsDead(labels, session.run), signal)
}

/** Removes everything of this run. */
export async function removeOwn(session: DockerSession, signal: AbortSignal): Promise<readonly string[]> {
  return await removeLabelled(session, `${RUN_LABEL}=${session.run.runId}`, () => true, signal)
}

async function removeLabelled(
  session: DockerSession,
  label: string,
  condemn: (labels: unknown) => boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const filters = JSON.stringify({ label: [label] })
  const [listed, listedVolumes] = await Promise.all([
    session.api.json({ method: 'GET', path: '/containers/json', query: { all: true, filters }, signal }),
    session.api.json({ method: 'GET', path: '/volumes', query: { filters }, signal }),
  ])
  const containers = listAt({ list: listed }, 'list')
    .filter((container) => condemn(labelsOf(container)))
    .map((container) => ({ id: textAt(container, 'Id'), name: nameOf(container) }))
  const volumes = listAt(listedVolumes, 'Volumes')
    .filter((volume) => condemn(labelsOf(volume)))
    .map((volume) => textAt(volume, 'Name'))
  // Containers hold volumes.
  await Promise.all(containers.map(({ id }) => removeContainer(session, id)))
  await Promise.all(volumes.map((volume) => removeVolume(session, volume)))
  return [...containers.map(({ name }) => name), ...volumes].toSorted(compareCodeUnits)
}

function labelsOf(thing: unknown): unknown {
  return (thing as { readonly Labels?: unknown }).Labels ?? {}
}

/** The engine lists names with a leading slash. */
function nameOf(container: unknown): string {
  const [name] = listAt(container, 'Names')
  return typeof name === 'string' ? name.replace(/^\//, '') : textAt(container, 'Id')
}

/**
 * Dead: another boot, or no process of that number that was started then. A run of another pid namespace on this boot cannot
 * be judged from here and counts as alive, and so does one whose labels are incomplete.
 */
export function ownerIsDead(labels: unknown, self: RunIdentity): boolean {
  if (optionalTextAt(labels, RUN_LABEL) === self.runId) return false
  const bootId = optionalTextAt(labels, BOOT_ID_LABEL)
  const pid = optionalTextAt(labels, PID_LABEL)
  const pidStart = optionalTextAt(labels, PID_START_LABEL)
  if (bootId === null || pid === null || pidStart === null) return false
  if (bootId !== self.bootId) return true
  if (optionalTextAt(labels, PID_NAMESPACE_LABEL) !== pidNamespace()) return false
  return startOf(pid) !== pidStart
}

/**
 * Start time of a process in clock ticks since boot, or null when there is none.
 * Field 22 of /proc/PID/stat, counted after the command's name, which may hold blanks and parentheses.
 */
function startOf(pid: string): string | null {
  if (!/^\d+$/.test(pid)) return null
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie does nothing any more.
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    // No such process, or one that ended while its file was read.
    return null
  }
}
