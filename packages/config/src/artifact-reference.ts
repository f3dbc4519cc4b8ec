import type { Located } from '@orchestrate/core'
import type { Findings } from './findings.ts'
import { quote } from './quote.ts'
import type { ArtifactReference } from './workspace.ts'

const NAME = '[a-z0-9][a-z0-9._-]{0,127}'
const ARTIFACT = new RegExp(`^(?:(${NAME}):)?(${NAME})/(.+)$`)
const GATE = new RegExp(`^(?:(${NAME}):)?(${NAME})$`)

/** Reads `[SERVICE:]BUILD/PATH`; whether that build exists is for the graph to say. Null after a report. */
export function parseArtifact(written: Located<string>, service: string, findings: Findings): ArtifactReference | null {
  const [, other, build, path] = ARTIFACT.exec(written.value) ?? []
  const segments = path?.replace(/\/+$/, '').split('/') ?? []
  if (build !== undefined && segments.length > 0 && segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')) {
    return { service: other ?? service, build, path: segments.join('/') }
  }
  const message = `${quote(written.value)} is not the name of an artifact`
  findings.report({
    id: 'config/invalid-artifact',
    message,
    span: written.span,
    help: 'write BUILD/OUTPUT, or SERVICE:BUILD/OUTPUT for another service',
  })
  return null
}

/** Reads `[SERVICE:]BUILD`. Null after a report. */
export function parseGate(
  written: Located<string>,
  service: string,
  findings: Findings,
): Located<{ readonly service: string; readonly build: string }> | null {
  const [, other, build] = GATE.exec(written.value) ?? []
  if (build !== undefined) return { value: { service: other ?? service, build }, span: written.span }
  const message = `${quote(written.value)} is not the name of a build`
  findings.report({ id: 'config/invalid-artifact', message, span: written.span, help: 'write BUILD, or SERVICE:BUILD for another service' })
  return null
}
