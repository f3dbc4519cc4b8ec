import { parseByteSize } from './byte-size.ts'
import { parseDuration } from './duration.ts'
import type { Findings } from './findings.ts'
import type { BuildEntry } from './generated/builder-file.ts'
import { quote } from './quote.ts'
import { member, type Typed } from './typed-node.ts'
import type { BuildLimits } from './workspace.ts'
import type { YamlNode } from './yaml-node.ts'

/** What bounds a build. What the schema accepts as text and is no amount nevertheless is reported. */
export function resolveLimits(node: Typed<BuildEntry>, place: string, findings: Findings): BuildLimits {
  const amount = <T>(written: YamlNode | null, name: string, parse: (text: string) => T | null): T | null => {
    if (written?.kind !== 'scalar' || written.value === null) return null
    const value = parse(String(written.value))
    if (value === null) {
      const message = `${quote(String(written.value))} is no ${name} for ${place}`
      findings.report({ id: 'config/invalid-value', message, span: written.span })
    }
    return value
  }
  const resources = member(node, 'resources')
  return {
    cpus: amount(member(resources, 'cpus'), 'number of processors', parseAmount),
    memory: amount(member(resources, 'memory'), 'amount of memory', parseByteSize),
    timeout: amount(member(node, 'timeout'), 'timeout', parseDuration),
    silence: amount(member(node, 'silence'), 'silence timeout', parseDuration),
  }
}

function parseAmount(text: string): number | null {
  const value = Number(text)
  return Number.isFinite(value) && value > 0 ? value : null
}
