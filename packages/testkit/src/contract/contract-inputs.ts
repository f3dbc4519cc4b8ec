import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuilderMount, CacheKey } from '@orchestrate/execute'
import type { EngineFixture } from './engine-fixture.ts'

/** A directory with a file and a file in a directory, at /workspace. */
export function view(fixture: EngineFixture, access: BuilderMount['access'], name = 'view'): BuilderMount {
  const source = join(fixture.directory, name)
  mkdirSync(join(source, 'b'), { recursive: true })
  writeFileSync(join(source, 'a.txt'), 'top')
  writeFileSync(join(source, 'b/c.txt'), 'deep')
  return { source, kind: 'directory', to: '/workspace', access }
}

/** A directory that holds exactly `files`, by their paths in it. */
export function directoryMount(
  fixture: EngineFixture,
  mount: { readonly name: string; readonly to: string; readonly access: BuilderMount['access'] },
  files: Readonly<Record<string, string>>,
): BuilderMount {
  const source = join(fixture.directory, mount.name)
  mkdirSync(source)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(source, path, '..'), { recursive: true })
    if (path.endsWith('/')) mkdirSync(join(source, path), { recursive: true })
    else writeFileSync(join(source, path), content)
  }
  return { source, kind: 'directory', to: mount.to, access: mount.access }
}

/** Unlike that of any other test or run. */
export function cacheKey(fixture: EngineFixture, id: string): CacheKey {
  return { workspace: fixture.directory, id, toolchain: fixture.root.identity, platform: fixture.root.platform }
}
