import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { Workspace } from '@orchestrate/config'
import { canonicalJson, type Digest, digestOf, formatPlatform, isWorkspacePath } from '@orchestrate/core'
import type { FileTree, WorkTreeSeal } from '@orchestrate/fingerprint'
import { packSettledPlan, type Plan, type PlanOutline, unpackSettledPlan } from '@orchestrate/plan'
import type { StoreSeal } from '@orchestrate/store'
import { readCache, replaceCache } from './cache-file.ts'
import { readLockText } from './lock-text.ts'
import { namedBlobs } from './plan-lookups.ts'
import type { PlannedWorkspace } from './plan-workspace.ts'
import type { Session } from './session.ts'
import { BUILD } from './version.ts'

/** The last plan in which nothing acted, with seals of all that it was made from; see docs/adr/0012. */
interface Memory {
  readonly key: Digest
  readonly tree: WorkTreeSeal
  readonly store: StoreSeal
  readonly lock: LockDigest
  /** As `packSettledPlan` gives it. */
  readonly plan: string
  /** As `packWhole` gives it; null where it is too much to be read every time. */
  readonly whole: Uint8Array | null
}

/** Which program remembers. */
export interface MemoryOptions {
  /** By default this bundle; nothing is remembered without one. */
  readonly build?: string | null
  /** Inputs, counted for each target that has them, up to which reading a whole plan is faster than making it. */
  readonly mostInputs?: number
}

/** A plan in which not one target acts. */
export interface RecalledPlan {
  outline(): PlanOutline
  /** All of it, with the estimates of when it was made; null where only the outline was kept. */
  whole(): PlannedWorkspace | null
}

/**
 * The plan of the whole workspace, if it is remembered and everything that it was made from is as it was. Null otherwise, at
 * little cost: what git was asked for this is what a plan needs anyway.
 *
 * @throws the signal's reason when it was aborted.
 */
export async function recallPlan(session: Session, signal: AbortSignal, options: MemoryOptions = {}): Promise<RecalledPlan | null> {
  const { workTree, store, state } = session
  const key = keyOf(session, options)
  if (workTree === null || key === null) return null
  workTree.begin(signal)
  const memory = decode(readCache(fileOf(session)))
  if (memory?.key !== key || memory.lock !== lockDigest(session) || !store.isAsSealed(memory.store)) return null
  if (!(await workTree.isAsSealed(memory.tree, signal))) return null
  return {
    outline: () => unpackSettledPlan(memory.plan, state.history),
    whole: () => (memory.whole === null ? null : unpackWhole(memory.whole, workTree)),
  }
}

/** Keeps a plan of the whole workspace, if nothing in it acts and all that it was made from can be known again. */
export async function rememberPlan(
  session: Session,
  planned: PlannedWorkspace,
  signal: AbortSignal,
  options: MemoryOptions = {},
): Promise<void> {
  const { plan, workspace, readsCommit } = planned
  const key = keyOf(session, options)
  const packed = packSettledPlan(plan)
  // What speaks of the commit that is checked out is under no seal.
  if (session.workTree === null || key === null || readsCommit || packed === null) return
  if (!(await isAsRead(session, workspace, signal))) return
  const store = await sealStore(session, plan)
  const tree = await session.workTree.seal()
  if (store === null || tree === null) return
  const memory: Memory = { key, tree, store, lock: lockDigest(session), plan: packed, whole: packWhole(planned, options) }
  replaceCache(fileOf(session), encode(memory))
}

const MOST_INPUTS = 20_000

/** Objects that are one stay one. */
function packWhole(planned: PlannedWorkspace, { mostInputs = MOST_INPUTS }: MemoryOptions): Uint8Array | null {
  const { inputs } = planned.plan.inventory
  const count = [...inputs.values()].reduce((sum, entries) => sum + entries.length, 0)
  return count > mostInputs ? null : serialize({ ...planned, plan: { ...planned.plan, inventory: { inputs } } })
}

function unpackWhole(bytes: Uint8Array, tree: FileTree): PlannedWorkspace {
  // Whoever proved the memory proved this part of it.
  const planned = deserialize(bytes) as PlannedWorkspace
  return { ...planned, plan: { ...planned.plan, inventory: { ...planned.plan.inventory, tree } } }
}

const FORMAT = 'orchestrate/plan-memory 2'

/** Of what a plan depends on apart from files. */
function keyOf({ root, platform, bootId }: Session, { build = BUILD }: MemoryOptions): Digest | null {
  if (build === null) return null
  return digestOf(canonicalJson([FORMAT, build, process.versions.v8, formatPlatform(platform), root, bootId]))
}

const fileOf = ({ state }: Session): string => join(state.directory, 'settled-plan')

/** Of builder.lock. */
type LockDigest = Digest | 'none' | 'unreadable'

function lockDigest({ root }: Session): LockDigest {
  const text = readLockText(root)
  if (!text.ok) return 'unreadable'
  return text.value === null ? 'none' : digestOf(text.value)
}

/** Whether the builder.yaml files are those that were read, and under the seal of the tree with the other files. */
async function isAsRead({ tree }: Session, { files }: Workspace, signal: AbortSignal): Promise<boolean> {
  const paths = [...files.keys()].filter(isWorkspacePath)
  const resolved = await tree.resolve(paths, signal)
  return resolved.ok && paths.every((path) => resolved.value.get(path)?.digest === digestOf(files.get(path) ?? ''))
}

async function sealStore(session: Session, plan: Plan): Promise<StoreSeal | null> {
  const fingerprints: Digest[] = []
  const blobs: Digest[] = []
  for (const { record } of plan.targets.values()) {
    if (record === null) continue
    const named = await namedBlobs(session, record)
    if (named === null) return null
    fingerprints.push(record.fingerprint)
    blobs.push(...named)
  }
  return session.store.seal(fingerprints, blobs)
}

const DIGEST_BYTES = 71

function encode(memory: Memory): Buffer {
  const body = serialize(memory)
  return Buffer.concat([Buffer.from(digestOf(body), 'latin1'), body])
}

/** Null for what is damaged; a memory of another version has another key. */
function decode(bytes: Buffer | null): Memory | null {
  const body = bytes?.subarray(DIGEST_BYTES)
  if (bytes === null || body === undefined || bytes.toString('latin1', 0, DIGEST_BYTES) !== digestOf(body)) return null
  try {
    // Its digest proves that a program like this one wrote it, so it has this form.
    return deserialize(body) as Memory
  } catch {
    // Another version of the engine may write what this one cannot read.
    return null
  }
}
