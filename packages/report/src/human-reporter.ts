import { assertNever, type BuildEvent, formatBytes, type TargetId, type TargetSummary } from '@orchestrate/core'
import { describeReason } from './describe-reason.ts'
import { count, formatDuration } from './format.ts'
import { createPaint, type Paint } from './paint.ts'
import { renderSummary } from './render-summary.ts'
import { sanitizeForCi, sanitizeLine, shieldFromCi } from './sanitize.ts'

export interface HumanReporterOptions {
  /** Receives whole lines, each with its newline. */
  readonly write: (text: string) => void
  readonly color: boolean
  /** GitHub Actions: a group per target with its log, annotations for failures. */
  readonly githubActions: boolean
  /** Lists what was not acted on too. */
  readonly showHits: boolean
}

/** Plain lines: one for a started target, one for a finished one; failures and the summary at the end. */
export function humanReporter(options: HumanReporterOptions): (event: BuildEvent) => void {
  const paint = createPaint(options.color)
  const writeLine = (text: string): void => options.write(`${text}\n`)
  const line = (text: string): void => writeLine(options.githubActions ? shieldFromCi(text) : text)
  const groups = options.githubActions ? githubGroups(writeLine) : null
  const failed: { readonly summary: TargetSummary; readonly logTail: readonly string[] }[] = []
  return (event) => {
    switch (event.type) {
      case 'run-started':
        if (event.acting > 0)
          line(`${count(event.acting, 'target')} to act on, ${event.current} current, ${count(event.jobs, 'job')} at once`)
        return
      case 'engine-chosen':
        line(`engine: ${event.summary}${event.because === null ? '' : paint('gray', ` (${event.because})`)}`)
        for (const limit of event.unenforced) line(`${paint('yellow', 'not enforced here:')} ${limit}`)
        return
      case 'target-started':
        return line(`${event.target}  started${event.reason === null ? '' : paint('gray', `  ${describeReason(event.reason)}`)}`)
      case 'target-progress':
        return line(`${event.target}  ${sanitizeLine(event.message)}`)
      case 'target-output':
        return groups?.add(event.target, event.line)
      case 'target-finished':
        if (event.summary.outcome === 'failed') failed.push(event)
        line(describeEnd(event.summary, paint))
        return groups?.close(event.summary)
      case 'image-delivered':
        return line(
          `${event.target}  delivered to ${event.destination} as ${event.references.join(', ')} (${formatBytes(event.sentBytes)} sent)`,
        )
      case 'notice':
        return line(`${paint('yellow', `notice[${event.id}]`)}: ${event.message}${event.help === null ? '' : `; ${event.help}`}`)
      case 'run-finished':
        return line(renderSummary({ event, failed, paint, showHits: options.showHits }).join('\n'))
      default:
        return assertNever(event)
    }
  }
}

function describeEnd(summary: TargetSummary, paint: Paint): string {
  const time = formatDuration(summary.durationMs)
  switch (summary.outcome) {
    case 'succeeded': {
      const size =
        summary.kind === 'image' ? summary.image?.bytes : summary.kind === 'toolchain' ? summary.toolchainBytes : summary.artifactBytes
      const verb = summary.kind === 'image' ? 'emitted' : summary.kind === 'toolchain' ? 'ready' : 'built'
      return `${summary.id}  ${paint('green', verb)} in ${time}${size === null || size === undefined ? '' : `, ${formatBytes(size)}`}`
    }
    case 'failed':
      return `${summary.id}  ${paint('red', 'failed')} after ${time}: ${summary.trouble?.message ?? 'unknown'}`
    case 'skipped':
      return `${summary.id}  ${paint('yellow', 'skipped')}${summary.trouble === null ? '' : `: ${summary.trouble.message}`}`
    case 'cancelled':
      return `${summary.id}  ${paint('yellow', 'cancelled')} after ${time}`
    default:
      return assertNever(summary.outcome)
  }
}

interface Groups {
  add(target: TargetId, line: string): void
  close(summary: TargetSummary): void
}

const MAX_GROUP_LINES = 1000

/** @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions#grouping-log-lines */
function githubGroups(line: (text: string) => void): Groups {
  const lines = new Map<TargetId, string[]>()
  return {
    add: (target, text) => {
      const held = lines.get(target) ?? []
      lines.set(target, held)
      held.push(text)
      if (held.length > MAX_GROUP_LINES) held.shift()
    },
    close: (summary) => {
      const held = lines.get(summary.id) ?? []
      lines.delete(summary.id)
      if (held.length > 0) {
        line(`::group::log of ${summary.id}`)
        for (const text of held) line(sanitizeForCi(text))
        line('::endgroup::')
      }
      if (summary.outcome === 'failed')
        line(`::error title=${summary.id.replaceAll(':', '%3A')}::${escapeData(summary.trouble?.message ?? 'failed')}`)
    },
  }
}

const escapeData = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
