import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Diagnostic, err, ok, type Result } from '@orchestrate/core'
import { toWorkspacePath } from './file-names.ts'
import { inventoryFinding } from './finding.ts'
import { gitOutput } from './git-command.ts'
import type { IndexedFile, ListedRepository } from './index-list.ts'
import { createRecordSplitter, type RecordSink } from './record-splitter.ts'

export interface ContentsRequest {
  readonly files: readonly IndexedFile[]
  readonly scratchDirectory: string
  /** Takes the content of a file; the files come in any order, one after the other. */
  readonly sinkFor: (file: IndexedFile) => RecordSink
}

/**
 * Reads files of the index as git would check them out, in memory bounded by git's own for one file. Conversions are git's
 * (`git cat-file --filters`); their attributes come from the .gitattributes of the index, which are laid out in a scratch
 * directory that git takes for the work tree: those of the real one may be edited and not staged.
 *
 * @see https://git-scm.com/docs/git-cat-file
 */
export async function readIndexContents(request: ContentsRequest, signal: AbortSignal): Promise<Result<void, Diagnostic[]>> {
  for (const [repository, files] of byRepository(request.files)) {
    const workTree = await mkdtemp(join(request.scratchDirectory, 'attributes-'))
    try {
      const read = await readOfRepository({ ...request, files }, { repository, workTree }, signal)
      if (!read.ok) return read
    } finally {
      await rm(workTree, { recursive: true, force: true })
    }
  }
  return ok(undefined)
}

interface Place {
  readonly repository: ListedRepository
  /** The scratch directory that holds nothing but .gitattributes. */
  readonly workTree: string
}

function byRepository(files: readonly IndexedFile[]): ReadonlyMap<ListedRepository, readonly IndexedFile[]> {
  const groups = new Map<ListedRepository, IndexedFile[]>()
  for (const file of files) {
    const group = groups.get(file.repository)
    if (group === undefined) groups.set(file.repository, [file])
    else group.push(file)
  }
  return groups
}

async function readOfRepository(
  { files, sinkFor }: ContentsRequest,
  place: Place,
  signal: AbortSignal,
): Promise<Result<void, Diagnostic[]>> {
  const laidOut = await layOutAttributes(place, signal)
  if (!laidOut.ok) return laidOut
  const links = files.filter(({ mode }) => mode === '120000')
  const regular = files.filter(({ mode, name }) => mode !== '120000' && !name.includes('\n'))
  const readLinks = await readBatch({ files: links, sinkFor, filters: false }, place, signal)
  if (!readLinks.ok) return readLinks
  for (let from = 0; from < regular.length; from += FILES_A_BATCH) {
    const some = regular.slice(from, from + FILES_A_BATCH)
    const read = await readBatch({ files: some, sinkFor, filters: true }, place, signal)
    if (!read.ok) return read
  }
  // The batch protocol has a line for each name, so the few that hold a line feed go one by one.
  for (const file of files.filter(({ mode, name }) => mode !== '120000' && name.includes('\n'))) {
    const one = await readOne(file, sinkFor(file), place, signal)
    if (!one.ok) return one
  }
  return ok(undefined)
}

/** Bounds what git is told at a time. */
const FILES_A_BATCH = 10_000

async function layOutAttributes(place: Place, signal: AbortSignal): Promise<Result<void, Diagnostic[]>> {
  const { repository, workTree } = place
  const files = repository.attributes.map(({ mode, oid, path }) => ({ path: toWorkspacePath(path), mode, oid, name: path, repository }))
  const sinkFor = ({ name }: IndexedFile) =>
    collectingSink((content) => {
      mkdirSync(dirname(join(workTree, name)), { recursive: true })
      writeFileSync(join(workTree, name), content)
    })
  return readBatch({ files, sinkFor, filters: false }, place, signal)
}

/** Keeps a small content whole, for `done`. */
export function collectingSink(done: (content: Buffer) => void): RecordSink {
  const parts: Buffer[] = []
  return { part: (bytes) => void parts.push(Buffer.from(bytes)), end: () => done(Buffer.concat(parts)) }
}

interface Batch {
  readonly files: readonly IndexedFile[]
  readonly sinkFor: (file: IndexedFile) => RecordSink
  readonly filters: boolean
}

async function readBatch(batch: Batch, place: Place, signal: AbortSignal): Promise<Result<void, Diagnostic[]>> {
  const { files, sinkFor, filters } = batch
  if (files.length === 0) return ok(undefined)
  const mark = randomUUID()
  const splitter = createRecordSplitter(mark, sequentialSink(files, sinkFor))
  const lines = files.map(({ oid, name }) => (filters ? `${oid} ${name}\n` : `${oid}\n`))
  const args = ['cat-file', `--batch=${mark}`, '--buffer', ...(filters ? ['--filters'] : [])]
  const input = Buffer.from(lines.join(''))
  const done = await gitOutput({ ...callAt(place), args, input, onOutput: (piece) => splitter.feed(piece) }, signal)
  if (!done.ok) return done
  if (splitter.finish() === files.length) return ok(undefined)
  return err([inventoryFinding('inputs/git-failed', 'the repository does not have all objects that its index names')])
}

function sequentialSink(files: readonly IndexedFile[], sinkFor: (file: IndexedFile) => RecordSink): RecordSink {
  let next = 0
  let current: RecordSink | null = null
  const open = (): RecordSink | null => {
    const file = files[next]
    if (current === null && file !== undefined) current = sinkFor(file)
    return current
  }
  return {
    part: (bytes) => open()?.part(bytes),
    end: () => {
      open()?.end()
      current = null
      next += 1
    },
  }
}

async function readOne(file: IndexedFile, sink: RecordSink, place: Place, signal: AbortSignal): Promise<Result<void, Diagnostic[]>> {
  const args = ['cat-file', '--filters', `--path=${file.name}`, file.oid]
  const done = await gitOutput({ ...callAt(place), args, onOutput: (piece) => sink.part(piece) }, signal)
  if (done.ok) sink.end()
  return done.ok ? ok(undefined) : done
}

function callAt({ repository, workTree }: Place): { directory: string; variables: ListedRepository['variables'] } {
  return { directory: workTree, variables: { ...repository.variables, GIT_WORK_TREE: workTree } }
}
