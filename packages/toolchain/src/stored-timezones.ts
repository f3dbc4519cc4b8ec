import { type EnvironmentError, err, ok, type Result } from '@orchestrate/core'
import type { ReadyToolchain } from '@orchestrate/execute'
import type { Store, TreeEntry } from '@orchestrate/store'
import { findTimezones } from './rootfs/find-timezones.ts'
import { TarError } from './rootfs/tar-members.ts'
import { unreadableLayer } from './stored-root.ts'

/** The time zones of a root file system whose layers are in the store, put there file by file; null when it has none. */
export async function storeTimezones(
  store: Store,
  { root }: ReadyToolchain,
): Promise<Result<readonly TreeEntry[] | null, EnvironmentError>> {
  if (root.content.kind !== 'layers') throw new Error(`the layers of ${root.identity} were not exported from its engine`)
  try {
    const zones = findTimezones(root.content.layers.map(({ file }) => file))
    if (zones === null) return ok(null)
    const entries: TreeEntry[] = []
    for (const [path, member] of zones) {
      if (member.type !== 'file') {
        entries.push({ ...member, path })
        continue
      }
      const stored = await store.blobs.put(member.content)
      if (!stored.ok) return stored
      entries.push({ type: 'file', path, ...stored.value, executable: false })
    }
    return ok(entries)
  } catch (error) {
    if (!(error instanceof TarError)) throw error
    return err(unreadableLayer(root.identity, error))
  }
}
