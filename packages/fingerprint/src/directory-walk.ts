import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Diagnostic, err, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import { decodeName, isInvalidName, toWorkspacePath } from './file-names.ts'
import { inventoryFinding, quotedPath } from './finding.ts'
import { sortedUnique } from './sorted-paths.ts'

/**
 * Every file below `root` that is not a directory, sorted, for a workspace without git: nothing is ignored but `.git` itself.
 * Symlinks are listed, not followed. A directory whose name is not UTF-8 is listed as if it were a file.
 */
export function walkDirectory(root: string): Result<readonly WorkspacePath[], Diagnostic[]> {
  const paths: WorkspacePath[] = []
  const findings: Diagnostic[] = []
  const pending = ['']
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const names = readNames(join(root, directory))
    if (names === null) findings.push(inventoryFinding('inputs/unreadable', `the directory ${quotedPath(directory)} cannot be read`))
    for (const { name, isDirectory } of names ?? []) {
      const path = directory === '' ? name : `${directory}/${name}`
      if (name === '.git') continue
      if (isDirectory && !isInvalidName(name)) pending.push(path)
      else paths.push(toWorkspacePath(path))
    }
  }
  return findings.length > 0 ? err(findings) : ok(sortedUnique(paths))
}

/** Null when permissions forbid it; a directory that vanished meanwhile is empty. */
function readNames(directory: string): { readonly name: string; readonly isDirectory: boolean }[] | null {
  try {
    return readdirSync(directory, { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
      name: decodeName(entry.name),
      isDirectory: entry.isDirectory(),
    }))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EACCES' || code === 'EPERM') return null
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
