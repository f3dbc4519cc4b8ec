import { decodeNames } from './file-names.ts'
import { type ProcessEnvironment, runGit } from './git-command.ts'
import { ascendingLookup } from './packed-table.ts'
import type { FoundIndex, ReadIndex } from './read-index.ts'

/** Which files git saw in the state that its index has. */
export interface VouchedFiles {
  /**
   * Whether the file at `path` is known to be in the state that `numbers` has from `at` on (see `statNumbers`). Paths come in ascending
   * order. Each is answered for once, in this call or a later one: whoever asks again wants to know what is there now.
   */
  ask(): (path: string, numbers: ArrayLike<number>, at: number) => boolean
}

/** Bytes of an index from which on asking git pays: some 5,000 files. */
const LARGE_INDEX = 512 * 1024

/**
 * Lets git look at the files of a large index: it does so several times faster than Node. Null for a small one; answers with null where
 * git cannot say.
 *
 * git compares times by the second, so it does not notice a change within the second of the one before. A row of the stat
 * cache was read at least two seconds after the file's last change, so a file that was in its state then and changed since has
 * another ctime by the second. A file that changed in the second in which the index was written, or after it ("racily clean"),
 * is not vouched for all the same.
 *
 * @throws the signal's reason when it was aborted.
 */
export function vouchForFiles(
  { stat }: FoundIndex,
  place: { readonly directory: string; readonly variables: ProcessEnvironment['variables'] },
  signal: AbortSignal,
): ((index: ReadIndex) => Promise<VouchedFiles | null>) | null {
  if (stat.size < LARGE_INDEX) return null
  const answering = runGit({ args: DIFF_FILES, ...place }, signal)
  // It is thrown to whoever asks.
  answering.catch(() => undefined)
  const compare = async (index: ReadIndex): Promise<VouchedFiles | null> => {
    const answer = await answering
    const hasSeen = answer.kind === 'exited' && answer.code === 0 && index.isCurrent() && isAscending(index.files)
    return hasSeen ? createVouchedFiles(index, new Set(decodeNames(answer.stdout))) : null
  }
  let vouched: Promise<VouchedFiles | null> | null = null
  return (index) => (vouched ??= compare(index))
}

/** Names files in a state other than the index's, without reading any. Whatever the user's configuration makes of it, git looks at each. */
const DIFF_FILES = [
  ...['core.fsmonitor=false', 'core.trustctime=true', 'core.checkStat=default', 'core.fileMode=true', 'core.preloadIndex=true'].flatMap(
    (setting) => ['-c', setting],
  ),
  'diff-files',
  '--name-only',
  '--no-renames',
  '--ignore-submodules=all',
  '-z',
]

/** git sorts by bytes, and we by code unit: beyond the Basic Multilingual Plane they differ. */
function isAscending(paths: readonly string[]): boolean {
  return paths.every((path, index) => index === 0 || (paths[index - 1] ?? '') < path)
}

function createVouchedFiles(index: ReadIndex, changed: ReadonlySet<string>): VouchedFiles {
  const asked = new Uint8Array(index.files.length)
  return {
    ask: () => {
      const find = ascendingLookup(index.files)
      return (path, numbers, at) => {
        const file = find(path)
        if (file < 0 || asked[file] === 1 || changed.has(path)) return false
        asked[file] = 1
        return index.changedAt(file) < index.writtenAt && index.isState(file, numbers, at)
      }
    },
  }
}
