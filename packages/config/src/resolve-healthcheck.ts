import type { Findings } from './findings.ts'
import type { HealthcheckEntry } from './generated/builder-file.ts'
import { parsePause } from './pause.ts'
import { member, text, texts, type Typed } from './typed-node.ts'
import type { Healthcheck } from './workspace.ts'

/** The check of an image's containers; null where there is none, or its test was reported. `place` is for messages. */
export function resolveHealthcheck(node: Typed<HealthcheckEntry> | null, place: string, findings: Findings): Healthcheck | null {
  const test = resolveTest(node, place, findings)
  if (test === null) return null
  const retries = member(node, 'retries')
  return {
    test,
    interval: resolvePause(member(node, 'interval')),
    timeout: resolvePause(member(node, 'timeout')),
    startPeriod: resolvePause(member(node, 'startPeriod')),
    retries: retries?.kind === 'scalar' && typeof retries.value === 'number' ? retries.value : null,
  }
}

function resolveTest(node: Typed<HealthcheckEntry> | null, place: string, findings: Findings): Healthcheck['test'] | null {
  const written = member(node, 'test')
  if (written === null) return null
  const command = text(written)
  const argv = texts(written).map(({ value }) => value)
  if (command !== null && command.value.trim() !== '') return { kind: 'shell', command: command.value }
  if (argv.length > 0) return { kind: 'exec', argv }
  if (command !== null || written.kind === 'list')
    findings.report({
      id: 'config/invalid-value',
      message: `the test of the healthcheck of ${place} is empty`,
      span: written.span,
      help: 'name a command, or leave the healthcheck out',
    })
  return null
}

function resolvePause(node: Typed<string> | null): number | null {
  const written = text(node)
  return written === null ? null : parsePause(written.value)
}
