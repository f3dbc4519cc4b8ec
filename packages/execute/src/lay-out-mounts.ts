import { chmod, copyFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { compareCodeUnits, type EnvironmentError, err, ok, type Result, type TargetId, WORKSPACE_ROOT } from '@orchestrate/core'
import type { InventoryEntry } from '@orchestrate/fingerprint'
import type { ArtifactEdge, BuildTarget } from '@orchestrate/graph'
import type { MountPoint, Scratch, Tree, TreeEntry } from '@orchestrate/store'
import type { BuilderMount } from './engine.ts'
import type { Run } from './run.ts'
import { type ChangedInputs, splitByDirectory, stageSources, withDirectories } from './stage-sources.ts'
import { artifactLost } from './trouble.ts'

const WORKSPACE_MOUNT = '/workspace'

/**
 * Everything a builder sees besides its root: the view of its inputs at /workspace (and at `source.path`), and what it needs.
 * Outer mounts come before inner ones, and the outer's view holds the inner's mount point.
 */
export async function layOutMounts(
  run: Run,
  target: BuildTarget,
  inputs: readonly InventoryEntry[],
  scratch: Scratch,
): Promise<Result<readonly BuilderMount[], EnvironmentError | ChangedInputs>> {
  const sources = await sourceLayouts(run, target, inputs)
  if (!sources.ok) return sources
  const needs = await needLayouts(run, target)
  if (!needs.ok) return needs
  const layouts = mergeIntoWritable(sources.value, needs.value).toSorted((a, b) => compareCodeUnits(a.to, b.to))
  const mounts: BuilderMount[] = []
  for (const layout of layouts) {
    const mount = await layOut(run, layout, mountPointsInside(layout, layouts, [...target.build.caches.values()]), scratch)
    if (!mount.ok) return mount
    mounts.push(mount.value)
  }
  return ok(mounts)
}

interface Layout {
  readonly to: string
  readonly entries: readonly TreeEntry[]
  readonly access: BuilderMount['access']
  readonly source: boolean
}

async function sourceLayouts(
  run: Run,
  target: BuildTarget,
  inputs: readonly InventoryEntry[],
): Promise<Result<readonly Layout[], EnvironmentError | ChangedInputs>> {
  const { build, owner } = target
  const access = build.sourceWritable ? 'throw-away' : 'read-only'
  if (!build.sourceMoved) {
    const staged = await stageSources(run, inputs, WORKSPACE_ROOT)
    if (!staged.ok) return staged
    return ok([{ to: WORKSPACE_MOUNT, entries: withDirectories(staged.value, [owner.dir]), access, source: true }])
  }
  const [own, others] = splitByDirectory(inputs, owner.dir)
  const stagedOwn = await stageSources(run, own, owner.dir)
  if (!stagedOwn.ok) return stagedOwn
  const stagedOthers = await stageSources(run, others, WORKSPACE_ROOT)
  if (!stagedOthers.ok) return stagedOthers
  const moved: Layout = { to: build.workdir, entries: stagedOwn.value, access, source: true }
  return ok(others.length === 0 ? [moved] : [moved, { to: WORKSPACE_MOUNT, entries: stagedOthers.value, access, source: true }])
}

async function needLayouts(run: Run, target: BuildTarget): Promise<Result<readonly Layout[], EnvironmentError>> {
  const layouts: Layout[] = []
  for (const [index, need] of target.build.needs.entries()) {
    const edge = target.needs[index]
    if (edge === undefined) throw new Error(`${target.id} has no edge for its need ${index}`)
    const entries = await artifactEntries(run, edge)
    if (!entries.ok) return entries
    layouts.push({ to: need.to, entries: entries.value, access: need.writable ? 'throw-away' : 'read-only', source: false })
  }
  return ok(layouts)
}

/** The members of an artifact, or of the part of it that an edge names, with paths relative to that part. */
export async function artifactEntries(run: Run, edge: ArtifactEdge): Promise<Result<readonly TreeEntry[], EnvironmentError>> {
  const artifact = run.buildRecord(edge.target)?.artifacts.find((candidate) => candidate.output === edge.output)
  const tree = artifact === undefined ? null : await run.deps.store.trees.get(artifact.tree)
  if (tree === null) return err(artifactLost(edge.target))
  if (edge.within === '') return ok(tree.entries)
  const part = partOf(tree, edge.within)
  return part.length === 0 ? err(partMissing(edge.target, edge)) : ok(part)
}

function partOf(tree: Tree, within: string): readonly TreeEntry[] {
  return tree.entries.flatMap((entry) => {
    if (entry.path === within) return entry.type === 'directory' ? [] : [{ ...entry, path: '' }]
    return entry.path.startsWith(`${within}/`) ? [{ ...entry, path: entry.path.slice(within.length + 1) }] : []
  })
}

function partMissing(id: TargetId, edge: ArtifactEdge): EnvironmentError {
  return {
    ...artifactLost(id),
    kind: 'environment',
    id: 'build/artifact-part-missing',
    message: `the artifact "${edge.output}" of "${id}" holds no "${edge.within}"`,
    help: 'correct the path after the output in "artifact"',
  }
}

/** A writable need inside a throw-away source needs no mount of its own: it becomes part of that tree. */
function mergeIntoWritable(sources: readonly Layout[], needs: readonly Layout[]): Layout[] {
  const rest: Layout[] = []
  const merged = new Map(sources.map((source) => [source, [...source.entries]]))
  for (const need of needs) {
    const home =
      need.access === 'throw-away' ? sources.find((source) => source.access === 'throw-away' && isBelow(need.to, source.to)) : undefined
    if (home === undefined) rest.push(need)
    else merged.get(home)?.push(...placed(need, home))
  }
  return [...sources.map((source) => ({ ...source, entries: withDirectories(merged.get(source) ?? source.entries) })), ...rest]
}

function placed(need: Layout, home: Layout): readonly TreeEntry[] {
  const at = need.to.slice(home.to.length + 1)
  const entries = need.entries.map((entry) => ({ ...entry, path: entry.path === '' ? at : `${at}/${entry.path}` }))
  return isSingle(need) ? entries : [{ type: 'directory', path: at }, ...entries]
}

const isBelow = (path: string, directory: string): boolean => path.startsWith(`${directory}/`)

const isSingle = (layout: Layout): boolean => layout.entries.length === 1 && layout.entries[0]?.path === ''

function mountPointsInside(outer: Layout, layouts: readonly Layout[], directories: readonly string[]): readonly MountPoint[] {
  const isInnermost = (path: string): boolean =>
    isBelow(path, outer.to) && !layouts.some((other) => isBelow(other.to, outer.to) && isBelow(path, other.to))
  const held = new Set(outer.entries.map((entry) => entry.path))
  const points = [
    ...layouts
      .filter((inner) => isInnermost(inner.to))
      .map((inner): MountPoint => ({ path: inner.to, kind: isSingle(inner) ? 'file' : 'directory' })),
    ...directories.filter(isInnermost).map((path): MountPoint => ({ path, kind: 'directory' })),
  ]
  return points.map((point) => ({ ...point, path: point.path.slice(outer.to.length + 1) })).filter((point) => !held.has(point.path))
}

async function layOut(
  run: Run,
  layout: Layout,
  mountPoints: readonly MountPoint[],
  scratch: Scratch,
): Promise<Result<BuilderMount, EnvironmentError>> {
  const view = await run.deps.store.views.layOut({ entries: layout.entries }, mountPoints)
  if (!view.ok) return view
  const { path, kind } = view.value
  if (kind === 'directory' || layout.access === 'read-only') return ok({ source: path, kind, to: layout.to, access: layout.access })
  const copy = join(scratch.path, `file-${layout.to.replaceAll('/', '-')}`)
  await copyFile(path, copy)
  await chmod(copy, (await stat(copy)).mode | ANYBODY_WRITES)
  return ok({ source: copy, kind, to: layout.to, access: 'throw-away' })
}

/** The builder may run as any uid. */
const ANYBODY_WRITES = 0o222
