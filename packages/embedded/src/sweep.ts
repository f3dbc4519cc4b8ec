import { basename, join } from 'node:path'
import { compareCodeUnits } from '@orchestrate/core'
import { isDead, labelProcess, parseLabel } from '@orchestrate/store'
import { findTools } from './find-host.ts'
import { hasSubordinateIds } from './subordinate-ids.ts'
import { removeCgroup } from './cgroup.ts'
import { containersOf, removeContainerDirectory, removeIfEmpty, type Remover } from './container-directory.ts'
import { runtimeCgroupName } from './describe-container.ts'
import type { EmbeddedSession } from './session.ts'

/** Removes the containers of runs whose process is gone: their processes and mounts went with it. Gives their names, sorted. */
export async function sweepDeadRuns(session: EmbeddedSession): Promise<readonly string[]> {
  const { run } = session.options
  const own = labelProcess({ pid: run.pid, bootId: run.bootId })
  return removeRuns(session, (name) => {
    const label = parseLabel(name)
    return label !== null && isDead(label, own)
  })
}

/** Removes what is left of this run. */
export async function removeOwn(session: EmbeddedSession): Promise<readonly string[]> {
  const own = basename(session.directoryOf(session.options.run))
  return removeRuns(session, (name) => name === own)
}

async function removeRuns(session: EmbeddedSession, condemn: (name: string) => boolean): Promise<readonly string[]> {
  const runs = join(session.options.directory, 'runs')
  const removed: string[] = []
  for (const directory of containersOf(runs).filter(condemn)) {
    for (const container of containersOf(join(runs, directory))) {
      await removeContainer(session, join(runs, directory, container))
      removed.push(container)
    }
    removeIfEmpty(join(runs, directory))
  }
  return removed.toSorted(compareCodeUnits)
}

/** Its cgroups first: without the directory nobody would know of them. */
async function removeContainer(session: EmbeddedSession, path: string): Promise<void> {
  const { place } = session.search
  for (const parent of new Set([place.pids, place.memory])) if (parent !== null) await removeCgroup(join(parent, basename(path)))
  for (const hierarchy of hierarchies()) await removeCgroup(join(hierarchy, runtimeCgroupName(basename(path))))
  await removeContainerDirectory(path, remover(session))
}

/** Where a runtime that was killed may have left its own cgroup: it takes all hierarchies there are. */
function hierarchies(): readonly string[] {
  const mounted = '/sys/fs/cgroup'
  return [mounted, ...containersOf(mounted).map((name) => join(mounted, name))]
}

/** Without asking how containers are started: whoever could start these had the ids to remove them. */
function remover(session: EmbeddedSession): Remover {
  const { search } = session
  const tools = findTools(search.searchPath)
  const ids = search.uid === 0 ? 'root' : tools.ok && hasSubordinateIds(search) ? 'subordinate' : 'single'
  return { host: { ids }, tools: tools.ok ? tools.value : NO_TOOLS, breath: session.breath() }
}

/** Named only where there is no user namespace to enter with them. */
const NO_TOOLS = { setpriv: '', unshare: '', mount: '', sh: '' }
