import type { Span } from '@orchestrate/core'
import type { Findings } from './findings.ts'
import { parseYaml } from './parse-yaml.ts'
import { quote } from './quote.ts'
import { type ScalarNode, scalarNode } from './yaml-node.ts'

/** One `--set PATH=VALUE`. */
export interface Override {
  /** The path, cut at its dots. */
  readonly steps: readonly string[]
  /** Of each step. */
  readonly spans: readonly Span[]
  /** Becomes a string where only strings are allowed. */
  readonly value: ScalarNode
}

/** What the spans of overrides name as their file: its lines are the arguments. */
export const OVERRIDES_FILE = '--set'

/** Reads the arguments in order; one that is no `PATH=VALUE` is reported and left out. */
export async function parseOverrides(written: readonly string[], findings: Findings): Promise<readonly Override[]> {
  const overrides: Override[] = []
  let offset = 0
  for (const argument of written) {
    const override = await parseOverride(argument, offset, findings)
    if (override !== null) overrides.push(override)
    offset += argument.length + 1
  }
  return overrides
}

async function parseOverride(argument: string, offset: number, findings: Findings): Promise<Override | null> {
  const equals = argument.indexOf('=')
  const steps = argument.slice(0, Math.max(0, equals)).split('.')
  if (equals < 1 || steps.includes('')) {
    findings.report({
      id: 'config/invalid-override',
      message: equals < 0 ? `--set ${quote(argument)} gives no value` : `--set ${quote(argument)} has a path that cannot be read`,
      span: { file: OVERRIDES_FILE, offset, length: argument.length },
      help: 'write PATH=VALUE, such as services.checkout.with.edition=pro',
    })
    return null
  }
  let start = offset
  const spans = steps.map((step): Span => {
    const span = { file: OVERRIDES_FILE, offset: start, length: step.length }
    start += step.length + 1
    return span
  })
  const value = argument.slice(equals + 1)
  const span = { file: OVERRIDES_FILE, offset: start, length: value.length }
  return { steps, spans, value: { ...scalarNode(await readScalar(value), span), origin: 'variable', text: value } }
}

/** A YAML scalar; what is none, or nothing, is text. */
async function readScalar(text: string): Promise<ScalarNode['value']> {
  const parsed = text.includes('\n') ? null : await parseYaml(OVERRIDES_FILE, `value: ${text}`)
  const node = parsed?.ok === true ? parsed.value.entries.get('value')?.value : undefined
  return node?.kind === 'scalar' && node.value !== null ? node.value : text
}
