import { lstatSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { isPathBelow } from './host-path.ts'

/** What the directory of a path really is. */
export type DirectoryVerdict =
  | { readonly kind: 'real' }
  | { readonly kind: 'missing' }
  /** It is reached through the symlink at `link`, which leads out of the workspace or to `target` inside it. */
  | { readonly kind: 'behind-link'; readonly link: string; readonly target: string | null }

/** Answers for directories of the workspace at `root`, each looked at once, its parents first. */
export function createDirectoryCheck(root: string): (directory: string) => DirectoryVerdict {
  const known = new Map<string, DirectoryVerdict>([['', REAL]])
  const check = (directory: string): DirectoryVerdict => {
    const before = known.get(directory)
    if (before !== undefined) return before
    const slash = directory.lastIndexOf('/')
    const parent = check(slash < 0 ? '' : directory.slice(0, slash))
    const verdict = parent.kind === 'real' ? lookAt(root, directory) : parent
    known.set(directory, verdict)
    return verdict
  }
  return check
}

const REAL: DirectoryVerdict = { kind: 'real' }
const MISSING: DirectoryVerdict = { kind: 'missing' }

function lookAt(root: string, directory: string): DirectoryVerdict {
  const absolute = join(root, directory)
  const stat = lstatSync(absolute, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return REAL
  if (!stat?.isSymbolicLink()) return MISSING
  const target = realPath(absolute)
  if (target === null) return MISSING
  return { kind: 'behind-link', link: directory, target: isPathBelow(target, root) ? target.slice(root.length + 1) : null }
}

/** Null for a dangling link or a loop. */
export function realPath(absolute: string): string | null {
  try {
    // Node's own takes `..` after a symlink by the text.
    return realpathSync.native(absolute)
  } catch {
    // Whatever the reason, there is nothing to be read behind it.
    return null
  }
}
