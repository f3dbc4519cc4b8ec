import {
  type ArchiveEntry,
  compareCodeUnits,
  type Digest,
  failure,
  type Failure,
  err,
  ok,
  type Result,
  type Trouble,
} from '@orchestrate/core'
import { type ArchiveMember, readArchive, type RejectedEntry } from './archive-members.ts'
import type { BlobWriter, StagedBlob } from './blob-writer.ts'
import { escapeName } from './escape-name.ts'
import { attempt } from './storage-error.ts'
import type { IngestedOutputs, Trees } from './store.ts'
import type { TreeEntry } from './tree.ts'
import { parentOf, validateTree } from './validate-tree.ts'

export interface IngestDeps {
  readonly root: string
  readonly writer: BlobWriter
  readonly trees: Trees
}

const MAX_FOUND = 100

/**
 * Takes what a builder left, or an archive, and cuts one tree for each declared output (a path relative to the archive's root;
 * `.` for all of it). Contents are staged under temporary names; only those of declared outputs become blobs.
 *
 * What the entries' own stream throws (an engine that went away) is thrown on, after the temporary files were removed.
 */
export async function ingestEntries(
  entries: AsyncIterable<ArchiveEntry>,
  declared: readonly string[],
  deps: IngestDeps,
): Promise<Result<IngestedOutputs, Trouble>> {
  const staged: StagedBlob[] = []
  try {
    const members = await attempt(deps.root, () => readArchive(entries, deps.writer, staged))
    if (!members.ok) return members
    if (!members.value.ok) return err(rejection(members.value.error))
    const tree = assemble(members.value.value)
    return tree.ok ? await store(tree.value, declared, { ...deps, staged }) : err(rejection(tree.error))
  } finally {
    deps.writer.abandon(staged)
  }
}

function rejection({ index, path, reason }: RejectedEntry): Failure {
  return failure({
    id: 'build/output-rejected',
    message: `entry ${index} of the outputs, ${escapeName(path)}, was rejected: ${reason}`,
    help: 'leave only plain files, directories and links with ordinary names below /out',
  })
}

/** All members as one valid tree; directories that the archive did not list are added. */
function assemble(members: readonly ArchiveMember[]): Result<readonly TreeEntry[], RejectedEntry> {
  const listed = [...members, ...missingDirectories(members)]
  // Stable, so that of two members with one path the later is the duplicate.
  const sorted = listed.toSorted((a, b) => compareCodeUnits(a.entry.path, b.entry.path))
  const tree = validateTree(sorted.map((member) => member.entry))
  if (tree.ok) return tree
  const { path, reason } = tree.error
  return err({ index: sorted[tree.error.index]?.index ?? 0, path, reason })
}

function missingDirectories(members: readonly ArchiveMember[]): readonly ArchiveMember[] {
  const known = new Set(members.map((member) => member.entry.path)).add('')
  const missing: ArchiveMember[] = []
  for (const { index, entry } of members) {
    for (let path = parentOf(entry.path); !known.has(path); path = parentOf(path)) {
      known.add(path)
      missing.push({ index, entry: { type: 'directory', path } })
    }
  }
  return missing
}

async function store(
  entries: readonly TreeEntry[],
  declared: readonly string[],
  deps: IngestDeps & { readonly staged: StagedBlob[] },
): Promise<Result<IngestedOutputs, Trouble>> {
  const cuts = declared.map((output) => ({ output, cut: cutOutput(entries, output) }))
  const wanted = new Set(
    cuts.flatMap(({ cut }) => (cut ?? []).flatMap((entry) => (entry.type === 'file' ? [blobKey(entry.digest, entry.executable)] : []))),
  )
  const unwanted = deps.staged.filter((blob) => !wanted.has(blobKey(blob.digest, blob.variant === 'executable')))
  deps.writer.abandon(unwanted)
  const kept = deps.staged.filter((blob) => wanted.has(blobKey(blob.digest, blob.variant === 'executable')))
  // From here on they are the writer's, or gone.
  deps.staged.length = 0
  const published = await attempt(deps.root, () => deps.writer.publish(kept))
  if (!published.ok) return published
  const artifacts: (IngestedOutputs['artifacts'][number] | null)[] = []
  for (const { output, cut } of cuts) {
    const tree = cut === null ? null : await deps.trees.put(cut)
    if (tree !== null && !tree.ok) return tree
    artifacts.push(tree === null ? null : { output, tree: tree.value, bytes: bytesOf(cut ?? []) })
  }
  return ok({ artifacts, found: entries.slice(0, MAX_FOUND).map((entry) => entry.path) })
}

/** What lies at `output`, with paths relative to it; null when nothing does. */
function cutOutput(entries: readonly TreeEntry[], output: string): readonly TreeEntry[] | null {
  const path = output.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '')
  if (path === '' || path === '.') return entries
  const top = entries.find((entry) => entry.path === path)
  if (top === undefined) return null
  if (top.type !== 'directory') return [{ ...top, path: '' }]
  const below = `${path}/`
  return entries.filter((entry) => entry.path.startsWith(below)).map((entry) => ({ ...entry, path: entry.path.slice(below.length) }))
}

function bytesOf(entries: readonly TreeEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0)
}

const blobKey = (digest: Digest, executable: boolean): string => `${digest} ${executable ? 'executable' : 'plain'}`
