import { deserialize, serialize } from 'node:v8'
import { crc32 } from 'node:zlib'
import type { Workspace } from '@orchestrate/config'
import type { Digest, WorkspacePath } from '@orchestrate/core'
import type { CacheFile } from '@orchestrate/fingerprint'
import type { BuildGraph } from '@orchestrate/graph'

/** What a workspace's files said last, and the graph that came of it. */
export interface KnownGraph {
  /** What loadWorkspace asked for, and what it was answered. */
  readonly answers: ConfigAnswers
  /** Without what the machine decides, and without texts. */
  readonly graph: Omit<BuildGraph, 'workspace'> & { readonly workspace: Omit<Workspace, 'root' | 'files'> }
  /** The files whose texts belong to the workspace, in its order. */
  readonly texts: readonly WorkspacePath[]
}

export interface ConfigAnswers {
  readonly members: readonly string[] | null
  readonly found: readonly WorkspacePath[]
  /** Null for a file that could not be read. */
  readonly contents: ReadonlyMap<WorkspacePath, Digest | null>
}

/** One graph of a workspace. Losing it costs time only. */
export interface GraphCache {
  load(): Promise<KnownGraph | null>
  save(known: KnownGraph): Promise<void>
}

/** @param build names the program: what another one wrote counts as nothing, as does what is damaged. */
export function graphCache(file: CacheFile, build: string): GraphCache {
  return {
    load: async () => decode(await file.load(), build),
    save: (known) => file.save(encode(known, build)),
  }
}

/** Magic and a CRC-32, both of what follows: the build's name in quotes, a line feed, and the graph as V8 serialises it. */
function encode(known: KnownGraph, build: string): Uint8Array {
  const body = Buffer.concat([Buffer.from(head(build)), serialize(known)])
  const file = Buffer.alloc(MAGIC.length + 4 + body.length)
  file.write(MAGIC, 'latin1')
  file.writeUInt32LE(crc32(body), MAGIC.length)
  file.set(body, MAGIC.length + 4)
  return file
}

function decode(bytes: Uint8Array | null, build: string): KnownGraph | null {
  if (bytes === null || bytes.length < MAGIC.length + 4) return null
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const body = file.subarray(MAGIC.length + 4)
  const start = Buffer.from(head(build))
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC || !body.subarray(0, start.length).equals(start)) return null
  if (crc32(body) !== file.readUInt32LE(MAGIC.length)) return null
  // This build wrote it, and it is whole: it has this build's form.
  return deserialize(body.subarray(start.length)) as KnownGraph
}

const MAGIC = 'orchGRA1'

/** V8's own format may change with it. */
const head = (build: string): string => `${JSON.stringify([build, process.versions.v8])}\n`
