import { tmpdir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/**
 * Where the store lies: `$ORCHESTRATE_STORE`, else `$XDG_CACHE_HOME/orchestrate`, else `~/.cache/orchestrate`.
 * A relative `$XDG_CACHE_HOME` is ignored, as the XDG base directory specification asks.
 *
 * @param home the user's home directory, or null when there is none; then a directory below the system's temporary one is taken.
 */
export function storeLocation(env: Readonly<Record<string, string | undefined>>, home: string | null): string {
  const own = env['ORCHESTRATE_STORE']
  if (own !== undefined && own !== '') return resolve(own)
  const cache = env['XDG_CACHE_HOME']
  if (cache !== undefined && isAbsolute(cache)) return join(cache, 'orchestrate')
  return home === null || home === '' ? join(tmpdir(), 'orchestrate') : join(home, '.cache', 'orchestrate')
}
