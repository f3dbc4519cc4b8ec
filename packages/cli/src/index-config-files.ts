import type { ConfigFiles } from '@orchestrate/config'
import type { WorkspacePath } from '@orchestrate/core'
import type { FileTree } from '@orchestrate/fingerprint'

const CONFIG_FILE = 'builder.yaml'

/** The builder.yaml files of git's index, as they would be checked out. */
export function indexConfigFiles(tree: FileTree): ConfigFiles {
  const { signal } = new AbortController()
  const discover = async (): Promise<readonly WorkspacePath[]> => {
    const listed = await tree.list(signal)
    // What is wrong with the index is reported when the inventory lists it again.
    return listed.ok ? listed.value.filter((path) => path === CONFIG_FILE || path.endsWith(`/${CONFIG_FILE}`)) : []
  }
  return {
    discover,
    read: async (path) => {
      const resolved = await tree.resolve([path], signal)
      const entry = resolved.ok ? resolved.value.get(path) : undefined
      if (entry === undefined || entry.mode === 'symlink') return null
      const pieces: Uint8Array[] = []
      for await (const piece of tree.open(entry)) pieces.push(piece)
      return Buffer.concat(pieces)
    },
  }
}
