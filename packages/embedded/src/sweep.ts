import { basename, join } from 'node:path'
import { compareCodeUnits } from '@orchestrate/core'
import { isDead, labelProcess, parseLabel } from '@orchestrate/store'
import { findTools } from './find-host.ts'
import { hasSubordinateIds } from './subordinate-ids.ts'
import { removeCgroup, removeEverywhere } from './cgroup.ts'
import { containersOf, notedCgroups, removeContainerDirectory, removeIfEmpty, type Remover, runDirectory } from './container-directory.ts'
import { runtimeCgroupName } from './describe-container.ts'
import type { HostSearch } from './host-search.ts'

type SweepDeps = Pick<HostSearch, 'directory' | 'run' | 'searchPath' | 'uid' | 'breath'>

/** Removes the containers of runs whose process is gone: their processes and mounts went with it. Gives their names, sorted. */
export async function sweepDeadRuns(search: SweepDeps): Promise<readonly string[]> {
  const { run } = search
  const own = labelProcess({ pid: run.pid, bootId: run.bootId })
  return removeRuns(search, (name) => {
    const label = parseLabel(name)
    return label !== null && isDead(label, own)
  })
}

/** Removes what is left of this run. */
export async function removeOwn(search: SweepDeps): Promise<readonly string[]> {
  const own = basename(runDirectory(search.directory, search.run))
  return removeRuns(search, (name) => name === own)
}

async function removeRuns(search: SweepDeps, condemn: (name: string) => boolean): Promise<readonly string[]> {
  const runs = join(search.directory, 'runs')
  const removed: string[] = []
  for (const directory of containersOf(runs).filter(condemn)) {
    for (const container of containersOf(join(runs, directory))) {
      await removeContainer(search, join(runs, directory, container))
      removed.push(container)
    }
    removeIfEmpty(join(runs, directory))
  }
  return removed.toSorted(compareCodeUnits)
}

/** Its cgroups first: without the directory nobody would know of them. */
async function removeContainer(search: SweepDeps, path: string): Promise<void> {
  for (const directory of notedCgroups(path)) await removeCgroup(directory)
  await removeEverywhere(runtimeCgroupName(basename(path)))
  await removeContainerDirectory(path, remover(search))
}

/** Without asking how containers are started: whoever could start these had the ids to remove them. */
function remover(search: SweepDeps): Remover {
  const tools = findTools(search.searchPath)
  const ids = search.uid === 0 ? 'root' : tools.ok && hasSubordinateIds(search) ? 'subordinate' : 'single'
  return { host: { ids }, tools: tools.ok ? tools.value : NO_TOOLS, breath: search.breath() }
}

/** Named only where there is no user namespace to enter with them. */
const NO_TOOLS = { setpriv: '', unshare: '', mount: '', sh: '' }
