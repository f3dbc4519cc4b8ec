import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { digestHex, digestOf } from '@orchestrate/core'
import type { RunIdentity } from '@orchestrate/execute'
import { type Breath, DiskError, formatLabel, labelProcess, removeTree } from '@orchestrate/store'
import { inUserNamespace, overlayNames, overlaysOf } from './box.ts'
import type { ContainerPlan } from './container-plan.ts'
import type { Host, Tools } from './runtime.ts'

/** The directory of a run: its name says which process owns it, so that a later run can tell the dead from the living. */
export function runDirectory(directory: string, run: RunIdentity): string {
  const label = formatLabel({ ...labelProcess({ pid: run.pid, bootId: run.bootId }), start: run.pidStart })
  return join(directory, 'runs', `${label}.${run.runId}`)
}

/** The readable part of a name in the alphabet of container ids, and enough of its digest to stay unique. */
export function containerId(run: RunIdentity, name: string): string {
  const readable = name.replace(/[^a-zA-Z0-9_.-]+/g, '-').slice(0, 40)
  return `orchestrate-${run.runId}-${readable}-${digestHex(digestOf(name)).slice(0, 8)}`
}

/** Makes a container's directory. Whatever an earlier container of that name left must be gone. @throws the file system's errors. */
export function makeContainerDirectory(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  mkdirSync(path, { mode: 0o700 })
  mkdirSync(join(path, 'out'), { mode: 0o755 })
}

/** Makes what the overlays of a container need; their lower directories are reached by links, so that no path needs escaping. */
export function prepareOverlays(host: Pick<Host, 'upper'>, plan: Pick<ContainerPlan, 'directory' | 'root' | 'mounts'>): void {
  const at = (name: string): string => join(plan.directory, name)
  if (host.upper === 'tmpfs') mkdirSync(at('scratch'))
  for (const index of overlaysOf(host, plan)) {
    const { lower, upper, work, merged } = overlayNames(host, index)
    symlinkSync(index === null ? plan.root : (plan.mounts[index]?.source ?? plan.root), at(lower))
    mkdirSync(at(merged), { mode: 0o755 })
    if (host.upper === 'tmpfs') continue
    mkdirSync(at(upper), { mode: 0o755 })
    mkdirSync(at(work))
  }
}

const CGROUPS = 'cgroups'

/** Writes down where the container's cgroups are: whoever sweeps them may live in another than the run that made them. */
export function noteCgroups(path: string, directories: readonly string[]): void {
  writeFileSync(join(path, CGROUPS), directories.join('\n'))
}

/** The cgroups of a container by its directory, absolute. */
export function notedCgroups(path: string): readonly string[] {
  const file = join(path, CGROUPS)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((directory) => basename(directory).startsWith('orchestrate-'))
}

export interface Remover {
  readonly host: Pick<Host, 'ids'>
  readonly tools: Tools
  readonly breath: Breath
}

/** Removes a container's directory, and that of its run when it was the last. Files of subordinate ids go from inside their namespace. */
export async function removeContainerDirectory(path: string, { host, tools, breath }: Remover): Promise<void> {
  try {
    await removeTree(path, breath)
  } catch (error) {
    if (!(error instanceof DiskError) || host.ids !== 'subordinate') throw error
    await runQuietly(inUserNamespace(host, tools, [tools.sh, '-c', 'exec rm -rf -- "$1"', 'sh', path]))
    await removeTree(path, breath)
  }
  removeIfEmpty(dirname(path))
}

/** Names of the containers in a run's directory. */
export function containersOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Another process has just removed it.
    return []
  }
}

export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Not empty, or removed by the end of another container: `runs` itself is never named here.
    if (basename(directory) === 'runs') throw new Error('the directory of all runs is nobody’s own')
  }
}

/** Resolves when the program has ended, however it ended: what matters is looked at afterwards. */
export function runQuietly({ file, args }: { readonly file: string; readonly args: readonly string[] }): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'ignore', env: {} })
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
}
