import type { ConfigFiles } from '@orchestrate/config'
import { type Diagnostic, isWorkspacePath, ok, type Result, type WorkspacePath } from '@orchestrate/core'
import type { IndexTree } from '@orchestrate/fingerprint'
import { LOCK_FILE } from '@orchestrate/toolchain'

const CONFIG_FILE = 'builder.yaml'

/**
 * The builder.yaml files of git's index (and builder.lock), as they would be checked out; all are read by one call of git.
 * Null when the index does not have the workspace's own; findings when it cannot be read.
 */
export async function readIndexConfigFiles(tree: IndexTree): Promise<Result<ConfigFiles | null, Diagnostic[]>> {
  const { signal } = new AbortController()
  const listed = await tree.list(signal)
  if (!listed.ok) return listed
  const lock = isWorkspacePath(LOCK_FILE) && listed.value.includes(LOCK_FILE) ? [LOCK_FILE] : []
  const contents = await tree.contents([...listed.value.filter(isConfigFile), ...lock], signal)
  // Only the root says which other files it includes.
  const readOther = async (path: WorkspacePath): Promise<Uint8Array | null> => {
    const other = listed.value.includes(path) ? await tree.contents([path], signal) : null
    return other?.ok === true ? (other.value.get(path) ?? null) : null
  }
  return contents.ok ? ok(configFiles(contents.value, readOther)) : contents
}

function configFiles(contents: ReadonlyMap<WorkspacePath, Uint8Array>, readOther: ConfigFiles['read']): ConfigFiles | null {
  const paths = [...contents.keys()].filter(isConfigFile)
  if (!paths.some((path) => path === CONFIG_FILE)) return null
  return { discover: async () => paths, read: async (path) => contents.get(path) ?? readOther(path) }
}

const isConfigFile = (path: string): boolean => path === CONFIG_FILE || path.endsWith(`/${CONFIG_FILE}`)
