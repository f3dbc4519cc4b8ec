import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { environmentError, type EnvironmentError, err, ok, type Result } from '@orchestrate/core'
import type { BlobShelf, ShelfDeps } from './blob-shelf.ts'
import { diskCode, DiskError } from './disk.ts'
import { escapeName } from './escape-name.ts'
import { removeTree } from './remove-tree.ts'
import { attempt, StoreTrouble } from './storage-error.ts'
import type { MountPoint, View, Views } from './store.ts'
import type { Tree, TreeEntry } from './tree.ts'
import { invalidTree } from './trees.ts'
import { isSingle, validateTree } from './validate-tree.ts'
import { isLaidOut, isLinked, layOutFiles, linkBlob } from './view-files.ts'
import { planView, viewKey } from './view-plan.ts'

/**
 * Views as `views/<digest of the request>/root`. One is made in the run's temporary directory and renamed, so it is there whole or not at all;
 * what is there is checked by one `lstat` a member before it is used again, and replaced as a whole when somebody damaged it.
 *
 * A large root that many builds share (vendor/) is laid out once when it is asked for as a view of its own,
 * with a mount point for it in the views of the builds; files that are asked for within several views are shared as hard links.
 */
export function createViews(deps: ShelfDeps, shelf: BlobShelf): Views {
  const underWay = new Map<string, Promise<Result<View, EnvironmentError>>>()
  return {
    layOut: (tree, mountPoints = []) => {
      const valid = validateTree(tree.entries)
      if (!valid.ok) return Promise.resolve(err(invalidTree(valid.error)))
      const key = viewKey(tree, mountPoints)
      const current = underWay.get(key) ?? layOutOnce(deps, shelf, { tree, mountPoints, key }).finally(() => underWay.delete(key))
      underWay.set(key, current)
      return current
    },
  }
}

interface ViewRequest {
  readonly tree: Tree
  readonly mountPoints: readonly MountPoint[]
  readonly key: string
}

/** How to make and to check what stands at `root`. */
interface Shape {
  readonly kind: View['kind']
  make(root: string): Promise<void>
  check(root: string): Promise<boolean>
}

async function layOutOnce(deps: ShelfDeps, shelf: BlobShelf, request: ViewRequest): Promise<Result<View, EnvironmentError>> {
  const shape = shapeOf(deps, shelf, request)
  if (!shape.ok) return shape
  const directory = join(deps.root, 'views', request.key)
  const root = join(directory, 'root')
  return attempt(deps.root, async () => {
    if (!existsSync(directory) || !(await checkQuietly(shape.value, root))) await replaceView(deps, shape.value, directory)
    return { path: root, kind: shape.value.kind }
  })
}

function shapeOf(deps: ShelfDeps, shelf: BlobShelf, { tree, mountPoints }: ViewRequest): Result<Shape, EnvironmentError> {
  const [only] = tree.entries
  if (only !== undefined && isSingle(tree.entries)) return singleShape(deps, shelf, only)
  const plan = planView(tree, mountPoints)
  if (!plan.ok) return plan
  return ok({
    kind: 'directory',
    make: (root) => layOutFiles(deps, shelf, { root, plan: plan.value }),
    check: (root) => isLaidOut(deps, shelf, { root, plan: plan.value }),
  })
}

function singleShape(deps: ShelfDeps, shelf: BlobShelf, only: TreeEntry): Result<Shape, EnvironmentError> {
  if (only.type !== 'file') return err(linkNotMountable(only.type === 'symlink' ? only.target : ''))
  return ok({ kind: 'file', make: (root) => linkBlob(deps, shelf, only, root), check: (root) => isLinked(deps, shelf, only, root) })
}

function linkNotMountable(target: string): EnvironmentError {
  return environmentError({
    id: 'store/link-not-mountable',
    message: `an artifact that is nothing but a symbolic link to ${escapeName(target)} cannot be mounted`,
    help: 'declare the directory that holds the link as the output',
  })
}

/** Others may put a view of theirs there again and again, but not for ever. */
const RENAME_ATTEMPTS = 8

/** A view that cannot even be read is a damaged one. */
async function checkQuietly(shape: Shape, root: string): Promise<boolean> {
  try {
    return await shape.check(root)
  } catch (error) {
    if (error instanceof DiskError || error instanceof StoreTrouble) return false
    throw error
  }
}

async function replaceView(deps: ShelfDeps, shape: Shape, directory: string): Promise<void> {
  const fresh = deps.run.next('view')
  deps.disk.makeDirectory(fresh, 0o755)
  await shape.make(join(fresh, 'root'))
  for (let left = RENAME_ATTEMPTS; ; left -= 1) {
    try {
      deps.disk.rename(fresh, directory)
      return
    } catch (error) {
      const code = diskCode(error)
      if (left === 0) throw error
      else if (code === 'ENOENT') deps.disk.makeDirectory(dirname(directory), 0o700)
      else if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error
      else if (await checkQuietly(shape, join(directory, 'root'))) return removeTree(fresh, deps.breath)
      else await moveAside(deps, directory)
    }
  }
}

/** A builder may still have the damaged view mounted, which a rename does not disturb; it goes with the run's other temporary files. */
async function moveAside(deps: ShelfDeps, directory: string): Promise<void> {
  try {
    deps.disk.rename(directory, deps.run.next('damaged-view'))
  } catch (error) {
    if (diskCode(error) !== 'ENOENT') throw error
  }
}
