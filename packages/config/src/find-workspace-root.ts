import { readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CONFIG_FILE, LARGEST_FILE } from './config-files.ts'
import { parseYaml } from './parse-yaml.ts'

/**
 * The real path of the nearest directory, `directory` itself or above it, whose builder.yaml has a `workspace` key;
 * null when there is none. A file that is not well-formed counts by its looks, and one that may not be read counts where
 * there is no other, so that their faults can be reported.
 *
 * @throws when `directory` does not exist.
 */
export async function findWorkspaceRoot(directory: string): Promise<string | null> {
  let unreadable: string | null = null
  for (let at = await realpath(directory); ; at = dirname(at)) {
    const text = await readText(join(at, CONFIG_FILE))
    if (text === 'denied') unreadable = at
    else if (text !== null && (await declaresWorkspace(text.content))) return at
    if (dirname(at) === at) return unreadable
  }
}

/** Whether a line of `text` starts the key `workspace` of a root map in the usual style. */
export function looksLikeWorkspace(text: string): boolean {
  return /^(?:workspace|"workspace"|'workspace')[ \t]*:/m.test(text)
}

/** The parser is needed only for a root map in flow style. */
async function declaresWorkspace(text: string): Promise<boolean> {
  if (looksLikeWorkspace(text)) return true
  if (!/^\{/m.test(text)) return false
  const parsed = await parseYaml(CONFIG_FILE, text)
  return parsed.ok && parsed.value.entries.has('workspace')
}

async function readText(file: string): Promise<{ readonly content: string } | 'denied' | null> {
  try {
    const bytes = await readFile(file)
    return bytes.length > LARGEST_FILE ? null : { content: bytes.toString('utf8') }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EACCES' || code === 'EPERM') return 'denied'
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null
    throw error
  }
}
