import { compareCodeUnits, digestOf, type TargetId, type WorkspacePath } from '@orchestrate/core'
import type { Inventory, InventoryEntry } from '@orchestrate/fingerprint'

/**
 * An inventory in a few words: contents of files by target and path.
 * Its tree has no files: planning reads the inputs alone.
 */
export function sampleInventory(inputs: Readonly<Record<string, Readonly<Record<string, string>>>>): Inventory {
  return {
    inputs: new Map(Object.entries(inputs).map(([id, files]) => [id as TargetId, entriesOf(files)])),
    tree: {
      kind: 'work-tree',
      list: () => Promise.resolve({ ok: true, value: [] }),
      resolve: () => Promise.resolve({ ok: true, value: new Map() }),
      open: (entry) => {
        throw new Error(`a sample inventory has no bytes: ${entry.path}`)
      },
    },
  }
}

function entriesOf(files: Readonly<Record<string, string>>): readonly InventoryEntry[] {
  return Object.entries(files)
    .toSorted(([a], [b]) => compareCodeUnits(a, b))
    .map(([path, content]) => ({ path: path as WorkspacePath, mode: 'file', digest: digestOf(content), size: content.length }))
}
