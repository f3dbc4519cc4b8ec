import { readlinkSync } from 'node:fs'
import { canonicalJson, digestHex, digestOf, formatPlatform, type Digest } from '@orchestrate/core'
import type { Builder, CacheKey, RunIdentity } from '@orchestrate/execute'

/** Names and labels of everything that we make in an engine. */

export const RUN_LABEL = 'dev.orchestrate.run'
export const PID_LABEL = 'dev.orchestrate.pid'
export const PID_START_LABEL = 'dev.orchestrate.pid-start'
export const BOOT_ID_LABEL = 'dev.orchestrate.boot-id'
/** Process ids mean nothing in another pid namespace: a run in a container shares the engine, not our /proc. */
export const PID_NAMESPACE_LABEL = 'dev.orchestrate.pid-namespace'
const TARGET_LABEL = 'dev.orchestrate.target'
const CACHE_LABEL = 'dev.orchestrate.cache'
const WORKSPACE_LABEL = 'dev.orchestrate.workspace'

export type Labels = { readonly [name: string]: string }

/** On everything that must not outlive its run. */
export function runLabels(run: RunIdentity): Labels {
  return {
    [RUN_LABEL]: run.runId,
    [PID_LABEL]: String(run.pid),
    [PID_START_LABEL]: run.pidStart,
    [BOOT_ID_LABEL]: run.bootId,
    [PID_NAMESPACE_LABEL]: pidNamespace(),
  }
}

/** What a container is made for. */
export type ContainerOwner = Pick<Builder, 'run' | 'id'>

export function builderLabels(builder: ContainerOwner): Labels {
  return { ...runLabels(builder.run), [TARGET_LABEL]: builder.id }
}

/** A cache outlives runs: it carries no run's label. */
export function cacheLabels(key: CacheKey): Labels {
  return { [CACHE_LABEL]: key.id, [WORKSPACE_LABEL]: key.workspace }
}

/** `pid:[4026531836]` of this process. */
export function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid')
}

/** Deterministic, so that a container whose create call was never answered can be found again. */
export function containerName(builder: ContainerOwner): string {
  return `orchestrate-${builder.run.runId}-${slug(builder.id)}`
}

/** `purpose` is unique within the builder: `out`, `upper-0`. */
export function volumeName(builder: Builder, purpose: string): string {
  return `${containerName(builder)}-${purpose}`
}

export function cacheVolumeName(key: CacheKey): string {
  const canonical = canonicalJson({ ...key, platform: formatPlatform(key.platform) })
  return `orchestrate-cache-${digestHex(digestOf(canonical)).slice(0, 24)}`
}

/** Toolchains that came as layers live in the engine under this name. */
export function toolchainReference(identity: Digest): { readonly repository: string; readonly tag: string; readonly reference: string } {
  const repository = 'orchestrate-toolchain'
  const tag = digestHex(identity)
  return { repository, tag, reference: `${repository}:${tag}` }
}

/** The readable part of an id in the alphabet of container names, and enough of its digest to stay unique. */
function slug(id: string): string {
  const readable = id.replace(/[^a-zA-Z0-9_.-]+/g, '-').slice(0, 40)
  return `${readable}-${digestHex(digestOf(id)).slice(0, 8)}`
}
