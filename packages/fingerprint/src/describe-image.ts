import type { Healthcheck, Image, ImageFile } from '@orchestrate/config'
import { assertNever, type CanonicalValue, formatPlatform, imageTargetId, type Platform, type TargetId } from '@orchestrate/core'
import { formatArtifact, type ImageTarget } from '@orchestrate/graph'
import type { Ingredients, NeedIngredient } from './ingredients.ts'
import type { InventoryEntry } from './inventory.ts'

export interface ImageContext {
  /** Every file below the `source` entries of its files, sorted by path. */
  readonly inputs: readonly InventoryEntry[]
  readonly platform: Platform
}

/** What may change the bytes of an image. Where it is delivered to, its gates and its size limit do not. */
export function describeImage(target: ImageTarget, context: ImageContext): Ingredients {
  const { image } = target
  return {
    target: target.id,
    kind: 'image',
    facts: {
      annotations: Object.fromEntries(image.annotations),
      caCertificates: image.caCertificates,
      cmd: image.cmd,
      created: image.created,
      entrypoint: image.entrypoint,
      env: Object.fromEntries(image.env),
      files: image.files.map(describeFile),
      labels: Object.fromEntries(image.labels),
      platform: formatPlatform(context.platform),
      ports: image.ports,
      user: image.user,
      workdir: image.workdir,
      ...laterFacts(image),
    },
    inputs: context.inputs,
    needs: [...base(target), ...systemFiles(target), ...artifacts(target)],
  }
}

/** Absent where an image does not have them, so that images from before there were such keys keep their fingerprints. */
function laterFacts({ healthcheck, layers, stopSignal, timezones, volumes }: Image): { readonly [name: string]: CanonicalValue } {
  return {
    ...(healthcheck === null ? {} : { healthcheck: describeHealthcheck(healthcheck) }),
    ...(layers.length === 0 ? {} : { layers }),
    ...(stopSignal === null ? {} : { stopSignal }),
    ...(timezones ? { timezones } : {}),
    ...(volumes.length === 0 ? {} : { volumes }),
  }
}

function describeHealthcheck({ test, interval, timeout, startPeriod, retries }: Healthcheck): CanonicalValue {
  return { test: test.kind === 'exec' ? { exec: test.argv } : { shell: test.command }, interval, timeout, startPeriod, retries }
}

function describeFile(file: ImageFile): CanonicalValue {
  const common = {
    to: file.to,
    mode: file.mode,
    owner: file.owner === null ? null : { uid: file.owner.uid, gid: file.owner.gid },
    ...(file.layer === null ? {} : { layer: file.layer }),
  }
  switch (file.kind) {
    case 'artifact':
      // Below a directory a single file keeps its own name, which then is a fact of its own.
      return { ...common, kind: file.kind, name: file.to.endsWith('/') ? lastSegment(file.artifact.path) : null }
    case 'source':
      return { ...common, kind: file.kind, path: file.path }
    case 'content':
      return { ...common, kind: file.kind, content: file.content }
    default:
      return assertNever(file)
  }
}

function base({ base: target, image }: ImageTarget): readonly NeedIngredient[] {
  if (target === null) return []
  return [{ name: baseName(image), target, use: { kind: image.from.kind === 'service' ? 'image' : 'toolchain', at: 'base' } }]
}

function baseName({ from }: Image): string {
  switch (from.kind) {
    case 'scratch':
      return 'scratch'
    case 'debian':
      return from.base.name
    case 'toolchain':
      return from.toolchain.value
    case 'service':
      return imageTargetId(from.service.value)
    default:
      return assertNever(from)
  }
}

function systemFiles({ certificates, timezones }: ImageTarget): readonly NeedIngredient[] {
  return [...systemFile(certificates, 'certificates'), ...systemFile(timezones, 'timezones')]
}

function systemFile(target: TargetId | null, at: 'certificates' | 'timezones'): readonly NeedIngredient[] {
  return target === null ? [] : [{ name: target.slice(target.indexOf(':') + 1), target, use: { kind: 'toolchain', at } }]
}

/** In the order of the files, which `at` counts: how files of one image overlap may hang on it. */
function artifacts({ image, artifacts: edges }: ImageTarget): readonly NeedIngredient[] {
  return image.files
    .flatMap((file, index) => (file.kind === 'artifact' ? [{ artifact: file.artifact, index }] : []))
    .map(({ artifact, index }, position) => {
      const edge = edges[position]
      if (edge === undefined) throw new Error(`a file of the image of ${image.service} was not resolved`)
      return {
        name: formatArtifact(artifact, image.service),
        target: edge.target,
        use: { kind: 'artifact', output: edge.output, within: edge.within, at: { file: index } },
      }
    })
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
