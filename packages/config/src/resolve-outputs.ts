import { compareCodeUnits, type Located, type Span } from '@orchestrate/core'
import { isBelow, OUTPUT_MOUNT, resolveBuilderPath } from './builder-path.ts'
import type { Findings } from './findings.ts'
import type { BuildEntry } from './generated/builder-file.ts'
import { findOverlaps } from './overlaps.ts'
import { quote } from './quote.ts'
import { member, texts, type Typed } from './typed-node.ts'

/** The outputs of a build, relative to /out, normalised and sorted. */
export function resolveOutputs(
  node: Typed<BuildEntry>,
  { place, span }: { place: string; span: Span },
  findings: Findings,
): Located<string>[] {
  const written = member(node, 'outputs')
  if (written === null) {
    findings.report({
      id: 'config/missing-key',
      message: `missing key "outputs" in ${place}`,
      span,
      help: 'name what the build leaves under /out, or write "outputs: []" for a check',
    })
  }
  const outputs = texts(written).flatMap((output) => resolveOutput(output, place, findings) ?? [])
  for (const { place: inner, other } of findOverlaps(outputs.map(({ value, span: at }) => ({ path: value, span: at })))) {
    const message =
      inner.path === other.path
        ? `output ${quote(inner.path)} of ${place} is declared twice`
        : `output ${quote(inner.path)} of ${place} lies inside output ${quote(other.path)}`
    findings.report({
      id: 'config/overlapping-outputs',
      message,
      span: inner.span,
      notes: [{ message: 'the other output is declared here', span: other.span }],
      help: 'declare the outer one alone',
    })
  }
  return outputs.toSorted((a, b) => compareCodeUnits(a.value, b.value))
}

function resolveOutput(output: Located<string>, place: string, findings: Findings): Located<string> | null {
  const path = resolveBuilderPath(OUTPUT_MOUNT, output.value)
  const refuse = (why: string, help: string) => {
    findings.report({ id: 'config/invalid-path', message: `output ${quote(output.value)} of ${place} ${why}`, span: output.span, help })
    return null
  }
  if (/[*?]/.test(output.value)) return refuse('is a pattern', 'name a file or directory under /out')
  if (path === null || !isBelow(path, OUTPUT_MOUNT)) return refuse('lies outside /out', 'write a path relative to /out')
  if (path === OUTPUT_MOUNT) return refuse('names no file or directory', 'name a file or directory under /out')
  return { value: path.slice(OUTPUT_MOUNT.length + 1), span: output.span }
}
