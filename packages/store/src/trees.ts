import { compareCodeUnits, type Digest, environmentError, type EnvironmentError, err } from '@orchestrate/core'
import { escapeName } from './escape-name.ts'
import { parseTree, serialiseTree } from './parse-tree.ts'
import type { Blobs, Trees } from './store.ts'
import type { TreeEntry } from './tree.ts'
import { type TreeProblem, validateTree } from './validate-tree.ts'

/** Trees as blobs of canonical JSON. */
export function createTrees(blobs: Blobs): Trees {
  return {
    put: async (entries) => {
      const tree = validateTree(sortEntries(entries))
      if (!tree.ok) return err(invalidTree(tree.error))
      const stored = await blobs.put(serialiseTree(tree.value))
      return stored.ok ? { ok: true, value: stored.value.digest } : stored
    },
    get: async (digest: Digest) => {
      const text = await blobs.text(digest)
      return text === null ? null : parseTree(text)
    },
  }
}

/** In the order that trees have. */
function sortEntries(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  return entries.toSorted((a, b) => compareCodeUnits(a.path, b.path))
}

/** The finding for a tree that `validateTree` refuses. */
export function invalidTree(problem: TreeProblem): EnvironmentError {
  return environmentError({
    kind: 'integrity',
    id: 'store/invalid-tree',
    message: `entry ${problem.index} ${escapeName(problem.path)} cannot stand in a tree: ${problem.reason}`,
    help: 'rename the file, or leave it out of the inputs',
  })
}
