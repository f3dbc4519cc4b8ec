import { type Digest, digestOf, type TargetId } from '@orchestrate/core'
import { type Fingerprinted, fingerprintOf } from '@orchestrate/fingerprint'
import type { Plan, PlanLookups } from '@orchestrate/plan'
import type { ActionRecord, HistoryItem } from '@orchestrate/store'

/** What a planner can look up, in memory; `apply` fills it as a run would. */
export class SampleResults implements PlanLookups {
  readonly records = new Map<Digest, ActionRecord>()
  readonly manifests = new Map<Digest, string>()
  readonly good = new Map<TargetId, HistoryItem>()
  readonly failed = new Map<TargetId, Digest>()
  /** Blobs that are missing or damaged. */
  readonly lost = new Set<Digest>()
  /** Fingerprints and identities that were asked for, in order. */
  readonly asked: Digest[] = []
  /** Content of the artifacts of a build when it is not to hang on its fingerprint. */
  readonly contents = new Map<string, string>()

  record(fingerprint: Digest): Promise<ActionRecord | null> {
    this.asked.push(fingerprint)
    return Promise.resolve(this.records.get(fingerprint) ?? null)
  }

  damaged(record: ActionRecord): Promise<Digest | null> {
    return Promise.resolve(blobsOf(record).find((digest) => this.lost.has(digest)) ?? null)
  }

  manifest(fingerprint: Digest): Promise<string | null> {
    return Promise.resolve(this.manifests.get(fingerprint) ?? null)
  }

  lastGood(target: TargetId): HistoryItem | null {
    return this.good.get(target) ?? null
  }

  lastFailure(target: TargetId): Digest | null {
    return this.failed.get(target) ?? null
  }

  /** Succeeds with everything that acts, except for `failing`, which fails, and what depends on that. */
  apply(plan: Plan, failing: readonly string[] = []): void {
    const broken = new Set<TargetId>()
    for (const { id, needs, decision } of plan.targets.values()) {
      const fingerprinted = this.#complete(plan, id)
      if (decision === 'current') continue
      if (fingerprinted === null || needs.some((need) => broken.has(need))) broken.add(id)
      else if (failing.includes(id)) {
        broken.add(id)
        this.failed.set(id, fingerprinted.fingerprint)
      } else this.#succeed(plan, id, fingerprinted)
    }
  }

  #complete(plan: Plan, id: TargetId): Fingerprinted | null {
    const planned = plan.targets.get(id)
    if (planned === undefined) return null
    if (planned.ingredients === null) return { fingerprint: planned.fingerprint ?? identityOf(id), manifest: '' }
    return fingerprintOf(planned.ingredients, {
      artifact: (target, output) => this.#artifact(target, output),
      toolchain: (target) => plan.targets.get(target)?.fingerprint ?? identityOf(target),
      image: (target) => this.#config(target),
    })
  }

  #artifact(target: TargetId, output: string): Digest | null {
    const last = this.good.get(target)
    const record = last === undefined ? undefined : this.records.get(last.fingerprint)
    return record?.kind === 'build' ? (record.artifacts.find((artifact) => artifact.output === output)?.tree ?? null) : null
  }

  #config(target: TargetId): Digest | null {
    const last = this.good.get(target)
    const record = last === undefined ? undefined : this.records.get(last.fingerprint)
    return record?.kind === 'image' ? record.config : null
  }

  #succeed(plan: Plan, id: TargetId, { fingerprint, manifest }: Fingerprinted): void {
    this.manifests.set(fingerprint, manifest)
    this.failed.delete(id)
    this.good.set(id, { fingerprint, durationMs: 1500 })
    this.records.set(fingerprint, this.#makeRecord(plan, id, fingerprint))
  }

  #makeRecord(plan: Plan, id: TargetId, fingerprint: Digest): ActionRecord {
    const head = { schema: 1, fingerprint, target: id, durationMs: 1500, finishedAt: 0 } as const
    const target = plan.graph.targets.get(id)
    if (target?.kind === 'toolchain')
      return { ...head, kind: 'toolchain', layers: [{ diffId: digestOf(`layer of ${id}`), size: 1 }], certificates: null, bytes: 1 }
    if (target?.kind === 'image') return imageRecord(head)
    const outputs = target?.build.outputs.map((output) => output.value) ?? []
    const content = this.contents.get(id) ?? fingerprint
    return {
      ...head,
      kind: 'build',
      artifacts: outputs.map((output) => ({ output, tree: digestOf(`${output} ${content}`), bytes: 1 })),
      log: null,
      toolchainBytes: 1,
    }
  }
}

/** The identity that a toolchain gets when it is made ready for the first time. */
export function identityOf(toolchain: string): Digest {
  return digestOf(`identity of ${toolchain}`)
}

type RecordHead = Pick<ActionRecord, 'schema' | 'fingerprint' | 'target' | 'durationMs' | 'finishedAt'>

function imageRecord(head: RecordHead): ActionRecord {
  const blob = (part: string): Digest => digestOf(`${part} of ${head.fingerprint}`)
  const layer = {
    digest: blob('gzip'),
    size: 100,
    diffId: blob('layer'),
    uncompressedSize: 1000,
    source: { kind: 'entries', blob: blob('entries') },
  } as const
  return { ...head, kind: 'image', manifest: blob('manifest'), config: blob('config'), layers: [layer], bytes: 1200, toolchainBytes: null }
}

function blobsOf(record: ActionRecord): readonly Digest[] {
  switch (record.kind) {
    case 'build':
      return record.artifacts.map((artifact) => artifact.tree)
    case 'image':
      return [record.manifest, record.config]
    case 'toolchain':
      return record.layers.map((layer) => layer.diffId)
    default:
      return []
  }
}
