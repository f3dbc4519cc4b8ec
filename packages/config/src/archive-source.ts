import { joinWorkspacePath, WORKSPACE_ROOT } from '@orchestrate/core'
import type { ArchiveSource } from './workspace.ts'

/** Reads `oci:DIR[:TAG]` or `docker-archive:FILE[:NAME]`; null when it is neither, or leaves the workspace. */
export function parseArchiveSource(written: string): ArchiveSource | null {
  const [, format, place = '', reference] = /^(oci|docker-archive):([^:]+)(?::(.+))?$/.exec(written) ?? []
  const path = joinWorkspacePath(WORKSPACE_ROOT, place.replace(/^\/\//, ''))
  const pinned = path === null || format === 'docker-archive' ? path : joinWorkspacePath(path, 'index.json')
  if ((format !== 'oci' && format !== 'docker-archive') || path === null || path === '' || pinned === null) return null
  return { kind: 'archive', format, path, pinned, reference: reference ?? null, written }
}
