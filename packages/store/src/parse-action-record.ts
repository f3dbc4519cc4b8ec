import { canonicalJson, type CanonicalValue, type Digest, type TargetId } from '@orchestrate/core'
import type { ActionRecord, BuildRecord, ImageRecord, StoredLayer, ToolchainRecord } from './action-record.ts'
import { exactObject, isCount, isDigestOrNull, isDigestValue, listOf, parseJson } from './strict-json.ts'

const SCHEMA = 1
const HEAD = ['schema', 'fingerprint', 'target', 'durationMs', 'finishedAt', 'kind'] as const

/** The canonical JSON of a record; times are rounded to whole milliseconds. */
export function serialiseActionRecord(record: ActionRecord): string {
  const rounded = {
    ...record,
    durationMs: Math.max(0, Math.round(record.durationMs)),
    finishedAt: Math.max(0, Math.round(record.finishedAt)),
  }
  // A record holds nothing but strings, numbers, nulls, lists and objects of these.
  return canonicalJson(rounded as unknown as CanonicalValue)
}

/** The record that `text` spells; null for another schema, an unknown or missing key, or an odd value. */
export function parseActionRecord(text: string): ActionRecord | null {
  const value = parseJson(text)
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : null
  if (kind === 'build') return parseBuild(value)
  if (kind === 'image') return parseImage(value)
  return kind === 'toolchain' ? parseToolchain(value) : null
}

function parseBuild(value: unknown): BuildRecord | null {
  const record = exactObject(value, [...HEAD, 'artifacts', 'log', 'toolchainBytes'])
  const head = record === null ? null : parseHead(record)
  const artifacts = listOf(record?.artifacts, parseArtifact)
  if (record === null || head === null || artifacts === null || !isDigestOrNull(record.log) || !isCount(record.toolchainBytes)) return null
  return { ...head, kind: 'build', artifacts, log: record.log, toolchainBytes: record.toolchainBytes }
}

function parseImage(value: unknown): ImageRecord | null {
  const record = exactObject(value, [...HEAD, 'manifest', 'config', 'layers', 'bytes', 'toolchainBytes'])
  const head = record === null ? null : parseHead(record)
  const layers = listOf(record?.layers, parseLayer)
  if (record === null || head === null || layers === null) return null
  const { manifest, config, bytes, toolchainBytes } = record
  if (!isDigestValue(manifest) || !isDigestValue(config) || !isCount(bytes) || !(toolchainBytes === null || isCount(toolchainBytes)))
    return null
  return { ...head, kind: 'image', manifest, config, layers, bytes, toolchainBytes }
}

function parseToolchain(value: unknown): ToolchainRecord | null {
  const record = exactObject(value, [...HEAD, 'layers', 'certificates', 'bytes'])
  const head = record === null ? null : parseHead(record)
  const layers = listOf(record?.layers, parseToolchainLayer)
  if (record === null || head === null || layers === null || !isDigestOrNull(record.certificates) || !isCount(record.bytes)) return null
  return { ...head, kind: 'toolchain', layers, certificates: record.certificates, bytes: record.bytes }
}

function parseHead(
  record: Readonly<Record<(typeof HEAD)[number], unknown>>,
): Omit<BuildRecord, 'kind' | 'artifacts' | 'log' | 'toolchainBytes'> | null {
  const { schema, fingerprint, target, durationMs, finishedAt } = record
  if (schema !== SCHEMA || !isDigestValue(fingerprint) || !isTarget(target) || !isCount(durationMs) || !isCount(finishedAt)) return null
  return { schema, fingerprint, target, durationMs, finishedAt }
}

function parseArtifact(value: unknown): { readonly output: string; readonly tree: Digest; readonly bytes: number } | null {
  const artifact = exactObject(value, ['output', 'tree', 'bytes'])
  if (typeof artifact?.output !== 'string' || !isDigestValue(artifact.tree) || !isCount(artifact.bytes)) return null
  return { output: artifact.output, tree: artifact.tree, bytes: artifact.bytes }
}

function parseLayer(value: unknown): StoredLayer | null {
  const layer = exactObject(value, ['digest', 'size', 'diffId', 'uncompressedSize', 'source'])
  const source = exactObject(layer?.source, ['kind', 'blob'])
  if (layer === null || source === null) return null
  const { digest, size, diffId, uncompressedSize } = layer
  const { kind, blob } = source
  if (!isDigestValue(digest) || !isCount(size) || !isDigestValue(diffId) || !isCount(uncompressedSize)) return null
  if (!(kind === 'tar' || kind === 'entries') || !isDigestValue(blob)) return null
  return { digest, size, diffId, uncompressedSize, source: { kind, blob } }
}

function parseToolchainLayer(value: unknown): { readonly diffId: Digest; readonly size: number } | null {
  const layer = exactObject(value, ['diffId', 'size'])
  return layer !== null && isDigestValue(layer.diffId) && isCount(layer.size) ? { diffId: layer.diffId, size: layer.size } : null
}

/** Informational, so any short text will do; the ids in use are made by core's constructors. */
function isTarget(value: unknown): value is TargetId {
  return typeof value === 'string' && value !== '' && value.length <= 1024
}
