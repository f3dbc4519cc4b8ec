import type { ConfigFiles } from '@orchestrate/config'
import { isWorkspacePath, type WorkspacePath } from '@orchestrate/core'
import type { IndexTree } from '@orchestrate/fingerprint'
import { LOCK_FILE } from '@orchestrate/toolchain'

const CONFIG_FILE = 'builder.yaml'

/** The builder.yaml files of git's index (and builder.lock), as they would be checked out; all are read by one call of git. */
export function indexConfigFiles(tree: IndexTree): ConfigFiles {
  let read: Promise<ReadonlyMap<WorkspacePath, Uint8Array>> | null = null
  const contents = (): Promise<ReadonlyMap<WorkspacePath, Uint8Array>> => {
    read ??= readContents(tree)
    return read
  }
  return {
    discover: async () => [...(await contents()).keys()].filter(isConfigFile),
    read: async (path) => (await contents()).get(path) ?? null,
  }
}

async function readContents(tree: IndexTree): Promise<ReadonlyMap<WorkspacePath, Uint8Array>> {
  const { signal } = new AbortController()
  const listed = await tree.list(signal)
  // What is wrong with the index is reported when the inventory lists it again.
  if (!listed.ok) return new Map()
  const lock = isWorkspacePath(LOCK_FILE) && listed.value.includes(LOCK_FILE) ? [LOCK_FILE] : []
  const contents = await tree.contents([...listed.value.filter(isConfigFile), ...lock], signal)
  return contents.ok ? contents.value : new Map()
}

const isConfigFile = (path: string): boolean => path === CONFIG_FILE || path.endsWith(`/${CONFIG_FILE}`)
