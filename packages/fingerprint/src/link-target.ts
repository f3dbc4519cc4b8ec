import { dirname, join } from 'node:path'
import { joinWorkspacePath, type WorkspacePath } from '@orchestrate/core'
import { realPath } from './directory-check.ts'
import { fileFinding, quotedPath } from './finding.ts'
import { toWorkspacePath } from './file-names.ts'
import { isPathBelow } from './host-path.ts'
import type { FileFinding } from './inventory.ts'

/**
 * The finding that the symlink at `path` with the text `target` leaves the workspace, or null: by its text, and where
 * it exists below `root` (a real path, or null for a link that is in no work tree), by where it really leads.
 */
export function linkFinding(root: string | null, path: WorkspacePath, target: string): FileFinding | null {
  const directory = toWorkspacePath(dirname(path) === '.' ? '' : dirname(path))
  const stays = joinWorkspacePath(directory, target) !== null && (root === null || leadsInside(root, path))
  if (stays) return null
  return fileFinding(
    'inputs/link-leaves-workspace',
    path,
    `the symlink ${quotedPath(path)} points to ${quotedPath(target)}, outside the workspace`,
  )
}

function leadsInside(root: string, path: WorkspacePath): boolean {
  const real = realPath(join(root, path))
  return real === null || isPathBelow(real, root)
}
