import { type Diagnostic, ok, type Result } from '@orchestrate/core'
import { decodeName } from './file-names.ts'
import { gitOutput } from './git-command.ts'
import type { IndexEntry } from './index-entries.ts'
import type { IndexRepository } from './index-repository.ts'

/**
 * The paths that were only announced (`git add --intent-to-add`): a commit leaves them out. git shows them with the object
 * of the empty blob, so only empty files are asked about.
 */
export async function findIntentToAdd(
  repository: IndexRepository,
  entries: readonly IndexEntry[],
  signal: AbortSignal,
): Promise<Result<ReadonlySet<string>, Diagnostic[]>> {
  const announced = new Set<string>()
  if (repository.commit !== null) return ok(announced)
  const empty = entries.filter(({ oid }) => EMPTY_BLOBS.has(oid)).map(({ path }) => path)
  for (let from = 0; from < empty.length; from += NAMES_A_CALL) {
    const args = ['--literal-pathspecs', 'ls-files', '--debug', '-z', '--', ...empty.slice(from, from + NAMES_A_CALL)]
    const variables = { ...repository.variables, GIT_WORK_TREE: repository.workTree }
    const output = await gitOutput({ args, directory: repository.workTree, variables }, signal)
    if (!output.ok) return output
    for (const path of parseAnnounced(output.value)) announced.add(path)
  }
  return ok(announced)
}

/** The object ids of no content, in SHA-1 and SHA-256 repositories. */
const EMPTY_BLOBS: ReadonlySet<string> = new Set([
  'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
  '473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813',
])

/** Well below what the system takes as arguments. */
const NAMES_A_CALL = 500

/** `<path> NUL` and lines of which the last is `  size: N TAB flags: HEX`. */
function parseAnnounced(output: Buffer): string[] {
  const announced: string[] = []
  for (let at = 0; at < output.length; ) {
    const nul = output.indexOf(0, at)
    const flags = output.indexOf(FLAGS, nul)
    const end = output.indexOf('\n', flags)
    if (nul < 0 || flags < 0 || end < 0) break
    const value = Number.parseInt(output.toString('latin1', flags + FLAGS.length, end), 16)
    if ((value & INTENT_TO_ADD) !== 0) announced.push(decodeName(output.subarray(at, nul)))
    at = end + 1
  }
  return announced
}

const FLAGS = '\tflags: '

/** CE_INTENT_TO_ADD of git's read-cache.h. */
const INTENT_TO_ADD = 1 << 29
