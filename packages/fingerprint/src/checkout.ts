import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Diagnostic, ok, type Result } from '@orchestrate/core'
import { gitOutput } from './git-command.ts'
import type { IndexRepository } from './index-repository.ts'

export interface CheckoutRequest {
  readonly repository: IndexRepository
  /** Paths inside the repository. */
  readonly names: readonly string[]
  readonly scratchDirectory: string
}

/** Files of an index, checked out into a directory of their own, which disposing removes. */
export interface Checkout extends AsyncDisposable {
  readonly result: Result<void, Diagnostic[]>
  /** Absolute path of the file that was checked out for `name`. */
  fileOf(name: string): string
}

/**
 * Checks files out as git itself would, by `git checkout-index`. The work tree that git is shown is an empty directory, so that
 * it takes .gitattributes from the index: those of the real work tree, which may be edited and not staged, come first otherwise.
 *
 * @see https://git-scm.com/docs/git-checkout-index
 */
export async function checkOut(request: CheckoutRequest, signal: AbortSignal): Promise<Checkout> {
  const scratch = await mkdtemp(join(request.scratchDirectory, 'checkout-'))
  const remove = () => rm(scratch, { recursive: true, force: true })
  try {
    const result = await fill(request, scratch, signal)
    return { result, fileOf: (name) => join(scratch, 'files', name), [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function fill({ repository, names }: CheckoutRequest, scratch: string, signal: AbortSignal): Promise<Result<void, Diagnostic[]>> {
  const empty = join(scratch, 'work-tree')
  await mkdir(empty)
  // A commit of a submodule has no index of its own: it is read into one.
  const indexFile = repository.commit === null ? {} : { GIT_INDEX_FILE: join(scratch, 'index') }
  const variables = { ...repository.variables, ...indexFile, GIT_WORK_TREE: empty }
  if (repository.commit !== null) {
    const read = await gitOutput({ args: ['read-tree', repository.commit], directory: empty, variables }, signal)
    if (!read.ok) return read
  }
  const args = ['checkout-index', '-q', '-z', '--stdin', `--prefix=${join(scratch, 'files')}/`]
  const checkedOut = await gitOutput({ args, directory: empty, variables, input: Buffer.from(names.join('\0')) }, signal)
  return checkedOut.ok ? ok(undefined) : checkedOut
}
