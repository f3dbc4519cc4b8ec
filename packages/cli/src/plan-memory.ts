import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { Workspace } from '@orchestrate/config'
import { canonicalJson, type Digest, digestOf, formatPlatform, isWorkspacePath } from '@orchestrate/core'
import type { WorkTreeSeal } from '@orchestrate/fingerprint'
import { packSettledPlan, type Plan, type PlanOutline, unpackSettledPlan } from '@orchestrate/plan'
import type { StoreSeal } from '@orchestrate/store'
import { readCache, replaceCache } from './cache-file.ts'
import { readLockText } from './lock-text.ts'
import { namedBlobs } from './plan-lookups.ts'
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
}

/** Which program remembers. */
export interface MemoryOptions {
  /** By default this bundle; nothing is remembered without one. */
  readonly build?: string | null
}

/**
 * The plan of the whole workspace, if it is remembered and everything that it was made from is as it was: not one target acts.
 * Null otherwise, at little cost: what git was asked for this is what a plan needs anyway.
 *
 * @throws the signal's reason when it was aborted.
 */
export async function recallPlan(session: Session, signal: AbortSignal, options: MemoryOptions = {}): Promise<PlanOutline | null> {
  const { workTree, store, state } = session
  const key = keyOf(session, options)
  if (workTree === null || key === null) return null
  workTree.begin(signal)
  const memory = decode(readCache(fileOf(session)))
  if (memory?.key !== key || memory.lock !== lockDigest(session) || !store.isAsSealed(memory.store)) return null
  if (!(await workTree.isAsSealed(memory.tree, signal))) return null
  return unpackSettledPlan(memory.plan, state.history)
}

export interface MadePlan {
  readonly plan: Plan
  readonly workspace: Workspace
  /** Whether it speaks of the commit that is checked out, which no seal covers. */
  readonly readsCommit: boolean
}

/** Keeps a plan of the whole workspace, if nothing in it acts and all that it was made from can be known again. */
export async function rememberPlan(
  session: Session,
  { plan, workspace, readsCommit }: MadePlan,
  signal: AbortSignal,
  options: MemoryOptions = {},
): Promise<void> {
  const key = keyOf(session, options)
  const packed = packSettledPlan(plan)
  if (session.workTree === null || key === null || readsCommit || packed === null) return
  if (!(await isAsRead(session, workspace, signal))) return
  const store = await sealStore(session, plan)
  const tree = await session.workTree.seal()
  if (store === null || tree === null) return
  const memory: Memory = { key, tree, store, lock: lockDigest(session), plan: packed }
  replaceCache(fileOf(session), encode(memory))
}

const FORMAT = 'orchestrate/plan-memory 1'

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
