import type { Located } from '@orchestrate/core'
import type { Findings } from './findings.ts'
import { quote } from './quote.ts'
import type { ChosenLayer } from './resolve-image-files.ts'
import { suggest } from './suggest.ts'
import type { ImageFile } from './workspace.ts'

/** The layers of an image in order, and its files with the layer of each. `place` is for messages. */
export function resolveLayers(
  declared: readonly Located<string>[],
  files: readonly ChosenLayer[],
  place: string,
  findings: Findings,
): { readonly layers: readonly string[]; readonly files: readonly ImageFile[] } {
  const layers = distinct(declared, place, findings)
  for (const { layer } of files) if (layer !== null && !layers.has(layer.value)) reportUnknown(layer, layers, place, findings)
  const used = new Set(files.flatMap(({ layer }) => layer?.value ?? []))
  for (const { value, span } of layers.values()) {
    if (used.has(value)) continue
    findings.report({
      id: 'config/empty-layer',
      message: `no file of ${place} is in its layer ${quote(value)}`,
      span,
      help: `write "layer: ${value}" beside a file, or take the layer out`,
    })
  }
  return { layers: [...layers.keys()], files: files.map(({ file, layer }) => ({ ...file, layer: layer?.value ?? null })) }
}

function distinct(declared: readonly Located<string>[], place: string, findings: Findings): ReadonlyMap<string, Located<string>> {
  const layers = new Map<string, Located<string>>()
  for (const layer of declared) {
    const earlier = layers.get(layer.value)
    if (earlier === undefined) layers.set(layer.value, layer)
    else
      findings.report({
        id: 'config/duplicate-layer',
        message: `${place} has two layers ${quote(layer.value)}`,
        span: layer.span,
        notes: [{ message: 'the other one is here', span: earlier.span }],
      })
  }
  return layers
}

function reportUnknown(layer: Located<string>, layers: ReadonlyMap<string, unknown>, place: string, findings: Findings): void {
  findings.report({
    id: 'config/unknown-layer',
    message: `unknown layer ${quote(layer.value)} in ${place}`,
    span: layer.span,
    help: suggest(layer.value, layers.keys(), 'layers') ?? 'name it under "layers" of the image',
  })
}
