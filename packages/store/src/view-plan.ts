import {
  canonicalJson,
  compareCodeUnits,
  digestHex,
  digestOf,
  environmentError,
  type EnvironmentError,
  err,
  ok,
  type Result,
} from '@orchestrate/core'
import { serialiseTree } from './parse-tree.ts'
import type { MountPoint } from './store.ts'
import { escapeName } from './escape-name.ts'
import { judgePath } from './judge-path.ts'
import type { Tree, TreeEntry } from './tree.ts'
import { parentOf } from './validate-tree.ts'

/** Everything that a view holds, parents before children. */
export interface ViewPlan {
  /** Names the request: equal trees with equal mount points have equal keys. */
  readonly key: string
  /** Relative paths; the root is not among them. */
  readonly directories: readonly string[]
  readonly files: readonly Extract<TreeEntry, { readonly type: 'file' }>[]
  readonly links: readonly Extract<TreeEntry, { readonly type: 'symlink' }>[]
  /** Empty files for others to mount on. */
  readonly mountFiles: readonly string[]
}

/** The plan of a view of `tree`, which is valid and has no single member. Mount points that the tree has already are left to it. */
export function planView(tree: Tree, mountPoints: readonly MountPoint[]): Result<ViewPlan, EnvironmentError> {
  const types = new Map<string, TreeEntry['type']>(tree.entries.map((entry) => [entry.path, entry.type]))
  const mountFiles: string[] = []
  for (const point of sorted(mountPoints)) {
    const reason = judgePath(point.path) ?? place(point, types, mountFiles)
    if (reason !== null) return err(conflict(point, reason))
  }
  return ok({
    key: viewKey(tree, mountPoints),
    directories: [...types].flatMap(([path, type]) => (type === 'directory' ? [path] : [])).toSorted(compareCodeUnits),
    files: tree.entries.filter((entry) => entry.type === 'file'),
    links: tree.entries.filter((entry) => entry.type === 'symlink'),
    mountFiles,
  })
}

/** The name of the view of `tree` with `mountPoints`. */
export function viewKey(tree: Tree, mountPoints: readonly MountPoint[]): string {
  const points = sorted(mountPoints).map(({ path, kind }) => ({ path, kind }))
  return digestHex(
    digestOf(canonicalJson({ domain: 'orchestrate/view', version: 1, tree: serialiseTree(tree.entries), mountPoints: points })),
  )
}

function sorted(mountPoints: readonly MountPoint[]): readonly MountPoint[] {
  return mountPoints.toSorted((a, b) => compareCodeUnits(a.path, b.path) || compareCodeUnits(a.kind, b.kind))
}

/** Adds a mount point with the directories above it; says why not when something else is in the way. */
function place(point: MountPoint, types: Map<string, TreeEntry['type']>, mountFiles: string[]): string | null {
  const present = types.get(point.path)
  if (present !== undefined) return present === point.kind ? null : `there is a ${nameOf(present)} of that name`
  for (let path = parentOf(point.path); path !== '' && types.get(path) !== 'directory'; path = parentOf(path)) {
    const obstacle = types.get(path)
    if (obstacle !== undefined) return `it would lie below the ${nameOf(obstacle)} ${escapeName(path)}`
    types.set(path, 'directory')
  }
  types.set(point.path, point.kind)
  if (point.kind === 'file') mountFiles.push(point.path)
  return null
}

const nameOf = (type: TreeEntry['type']): string => (type === 'symlink' ? 'symbolic link' : type)

function conflict(point: MountPoint, reason: string): EnvironmentError {
  return environmentError({
    id: 'store/mount-point-conflict',
    message: `nothing can be mounted at ${escapeName(point.path)}: ${reason}`,
    help: 'mount it somewhere else, or leave what is there out of the inputs',
  })
}
