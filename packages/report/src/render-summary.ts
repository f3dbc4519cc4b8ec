import { type BuildEvent, compareCodeUnits, formatBytes, type TargetSummary } from '@orchestrate/core'
import { count, formatDuration, shortDigest } from './format.ts'
import type { Paint } from './paint.ts'
import { sanitizeLine } from './sanitize.ts'
import { renderTable } from './table.ts'

export interface SummaryInput {
  readonly event: Extract<BuildEvent, { readonly type: 'run-finished' }>
  readonly failed: readonly { readonly summary: TargetSummary; readonly logTail: readonly string[] }[]
  readonly paint: Paint
  readonly showHits: boolean
}

const TAIL_SHOWN = 20
const HITS_SHOWN = 20

/** The last screen: of each failure its cause, then the end of its log; then the table; then what was not built. */
export function renderSummary(input: SummaryInput): readonly string[] {
  const { event, paint } = input
  const lines: string[] = []
  for (const failure of input.failed) lines.push('', ...renderFailure(failure, paint))
  const table = renderRows(event.targets)
  if (table.length > 0) lines.push('', ...table)
  lines.push(...renderSkipped(event.targets, paint))
  if (input.showHits) lines.push(...renderHits(event.targets, paint))
  lines.push('', renderOutcome(event, paint), ...renderStored(event.targets))
  return lines
}

/** Where images are that went nowhere besides the store. */
function renderStored(targets: readonly TargetSummary[]): readonly string[] {
  const stored = targets.flatMap(({ service, image }) => (service !== null && image?.reference === null ? service : []))
  const [first] = stored
  if (first === undefined) return []
  const [subject, object] = stored.length === 1 ? ['1 image is', 'it'] : [`${stored.length} images are`, 'one']
  return [
    `${subject} in the store: start ${object} with \`orchestrate run ${first}\`, or write ${stored.length === 1 ? 'it' : 'them'} with \`orchestrate apply --output oci:DIR\``,
  ]
}

function renderFailure({ summary, logTail }: SummaryInput['failed'][number], paint: Paint): readonly string[] {
  const { trouble } = summary
  const lines = [
    `${paint(['red', 'bold'], `error[${trouble?.id ?? 'build/failed'}]`)}${paint('bold', `: ${summary.id}: ${trouble?.message ?? 'failed'}`)}`,
  ]
  for (const detail of trouble?.details ?? []) lines.push(`  ${sanitizeLine(detail)}`)
  const help = trouble?.help ?? null
  if (help !== null) lines.push(`  ${paint('blue', '=')} help: ${help}`)
  const tail = logTail.slice(-TAIL_SHOWN)
  if (tail.length > 0)
    lines.push(`  last ${count(tail.length, 'line')} of its log:`, ...tail.map((line) => `  ${paint('gray', '|')} ${sanitizeLine(line)}`))
  if (summary.logPath !== null) lines.push(`  log${tail.length === 0 ? ' (empty)' : ''}: ${summary.logPath}`)
  return lines
}

const COLUMNS = [
  { title: 'SERVICE', align: 'left' },
  { title: 'DECISION', align: 'left' },
  { title: 'TIME', align: 'right' },
  { title: 'ARTIFACT', align: 'right' },
  { title: 'IMAGE', align: 'right' },
  { title: 'TOOLCHAIN', align: 'right' },
  { title: 'DIGEST', align: 'left' },
] as const

interface Row {
  decisions: Set<string>
  durationMs: number
  artifactBytes: number | null
  imageBytes: number | null
  toolchainBytes: number | null
  digest: string | null
}

/** A row per service: the sum of what its targets took, its image beside its toolchain. */
function renderRows(targets: readonly TargetSummary[]): readonly string[] {
  const rows = new Map<string, Row>()
  for (const target of targets) {
    if (target.service === null) continue
    const row = rows.get(target.service) ?? {
      decisions: new Set(),
      durationMs: 0,
      artifactBytes: null,
      imageBytes: null,
      toolchainBytes: null,
      digest: null,
    }
    rows.set(target.service, row)
    row.decisions.add(decisionWord(target))
    row.durationMs += target.durationMs
    if (target.kind === 'build') row.artifactBytes = sum(row.artifactBytes, target.artifactBytes)
    row.toolchainBytes = largest(row.toolchainBytes, target.toolchainBytes)
    if (target.image !== null) {
      row.imageBytes = target.image.bytes
      row.digest = target.image.digest
      row.artifactBytes = target.artifactBytes
    }
  }
  if (rows.size === 0) return []
  return renderTable(
    COLUMNS,
    [...rows]
      .toSorted(([a], [b]) => compareCodeUnits(a, b))
      .map(([service, row]) => [
        service,
        ORDER.find((word) => row.decisions.has(word)) ?? '',
        row.durationMs === 0 ? '-' : formatDuration(row.durationMs),
        bytes(row.artifactBytes),
        bytes(row.imageBytes),
        bytes(row.toolchainBytes),
        row.digest === null ? '-' : shortDigest(row.digest),
      ]),
  )
}

/** Worst first: what a row shows of several targets. */
const ORDER = ['failed', 'cancelled', 'blocked', 'skipped', 'build', 'restore', 'emit', 'current']

function decisionWord(target: TargetSummary): string {
  return target.outcome === 'succeeded' || target.decision === 'blocked' ? target.decision : target.outcome
}

const bytes = (value: number | null): string => (value === null ? '-' : formatBytes(value))
const sum = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b)
const largest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b))

function renderSkipped(targets: readonly TargetSummary[], paint: Paint): readonly string[] {
  const skipped = targets.filter((target) => target.outcome === 'skipped' || target.outcome === 'cancelled')
  if (skipped.length === 0) return []
  const reason = (target: TargetSummary): string =>
    target.trouble?.message ?? (target.outcome === 'cancelled' ? 'cancelled' : 'the run had stopped')
  return ['', `Not built (${skipped.length}):`, ...skipped.map((target) => `  ${paint('yellow', target.id)}  ${reason(target)}`)]
}

function renderHits(targets: readonly TargetSummary[], paint: Paint): readonly string[] {
  const hits = targets.filter((target) => target.decision === 'current' && target.logPath !== null)
  if (hits.length === 0) return []
  const shown = hits.slice(0, HITS_SHOWN).map((target) => `  ${target.id}  ${paint('gray', target.logPath ?? '')}`)
  const rest = hits.length - HITS_SHOWN
  return ['', 'Logs of what was current:', ...shown, ...(rest > 0 ? [`  … and ${rest} more`] : [])]
}

function renderOutcome(event: SummaryInput['event'], paint: Paint): string {
  const acted = event.targets.filter((target) => target.decision !== 'current' && target.outcome === 'succeeded').length
  const failed = event.targets.filter((target) => target.outcome === 'failed').length
  const current = event.targets.filter((target) => target.decision === 'current').length
  const skipped = event.targets.filter((target) => target.outcome === 'skipped' || target.outcome === 'cancelled').length
  const facts = [
    `${acted} done`,
    `${current} current`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} not built`] : []),
  ].join(', ')
  const word = { succeeded: paint('green', 'Succeeded'), failed: paint('red', 'Failed'), cancelled: paint('yellow', 'Cancelled') }[
    event.outcome
  ]
  return `${word} in ${formatDuration(event.durationMs)}: ${facts}.`
}
