import { canonicalJson, formatPlatform } from '@orchestrate/core'
import type { BuildTarget } from '@orchestrate/graph'
import type { CacheKey, Engine } from './engine.ts'
import type { Run } from './run.ts'
import type { ReadyToolchain } from './toolchain-port.ts'

/** The caches of a build and where its builder sees them. */
export function cacheKeys(
  run: Run,
  target: BuildTarget,
  toolchain: ReadyToolchain,
): readonly { readonly key: CacheKey; readonly to: string }[] {
  return [...target.build.caches].map(([id, to]) => ({
    key: { workspace: run.plan.graph.workspace.name, id, toolchain: toolchain.identity, platform: run.deps.platform },
    to,
  }))
}

/** One string per distinct cache. */
function cacheName(key: CacheKey): string {
  return canonicalJson({ ...key, platform: formatPlatform(key.platform) })
}

/**
 * Names of the caches that nothing had filled when this run first asked. The first answer stands for the whole run:
 * an engine makes a cache when its first build starts, long before it is warm.
 */
export async function coldCaches(run: Run, engine: Engine, caches: readonly { readonly key: CacheKey }[]): Promise<readonly string[]> {
  const asked = await Promise.all(
    caches.map(async ({ key }) => {
      const name = cacheName(key)
      const filled = run.filledCaches.get(name) ?? engine.hasCache(key, run.deps.stop)
      run.filledCaches.set(name, filled)
      const answer = await filled
      return answer.ok && !answer.value ? [name] : []
    }),
  )
  return asked.flat()
}
