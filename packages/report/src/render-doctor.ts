import type { HostCheck } from '@orchestrate/core'
import { createPaint, type Paint } from './paint.ts'

/** An engine, and what came of trying it. */
export interface ExaminedEngine {
  readonly name: string
  readonly checks: readonly HostCheck[]
}

/** What `orchestrate doctor` found. */
export interface Examination {
  readonly engines: readonly ExaminedEngine[]
  /** The engine that runs builders here, or null. */
  readonly chosen: string | null
  /** Of what is needed besides an engine. */
  readonly machine: readonly HostCheck[]
}

/** A block an engine, one for the machine, and which engine builders run on. */
export function renderDoctor({ engines, chosen, machine }: Examination, options: { readonly color: boolean }): string {
  const paint = createPaint(options.color)
  const blocks = [...engines, { name: 'machine', checks: machine }].map(({ name, checks }) => renderBlock(name, checks, paint))
  const verdict =
    chosen === null ? paint(['red', 'bold'], 'No engine runs builders here.') : `Builders run on the ${paint('bold', chosen)} engine.`
  return `${[...blocks, verdict].join('\n\n')}\n`
}

/** As schemas/doctor.schema.json says. */
export function formatDoctor({ engines, chosen, machine }: Examination): object {
  return { schemaVersion: 1, chosen, engines, machine }
}

const MARKS = {
  works: ['green', 'ok     '],
  limited: ['yellow', 'limited'],
  broken: ['red', 'broken '],
} as const

function renderBlock(title: string, checks: readonly HostCheck[], paint: Paint): string {
  const width = Math.max(...checks.map(({ subject }) => subject.length))
  const lines = checks.flatMap(({ subject, state, message, help }) => {
    const [color, mark] = MARKS[state]
    const line = `  ${paint(color, mark)}  ${subject.padEnd(width)}  ${message}`
    return help === null ? [line] : [line, `  ${' '.repeat(mark.length + width + 4)}${paint('blue', '=')} ${help}`]
  })
  return [paint('bold', title), ...lines].join('\n')
}
