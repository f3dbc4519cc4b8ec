import type { InputGroup } from '@orchestrate/config'
import { assertNever, isInside, type Span, type TargetId, type WorkspacePath } from '@orchestrate/core'
import type { BuildGraph, ImageTarget, Target } from '@orchestrate/graph'
import type { AnchoredPattern } from './anchored-pattern.ts'

/** What a target wants to read, as it was declared. */
export interface TargetReads {
  readonly target: TargetId
  /** The inputs of a build. */
  readonly groups: readonly InputGroup[]
  /** The `source` files of an image, the archive of a rootfs toolchain. */
  readonly sources: readonly SourceRead[]
}

/** A file, or a directory with everything below it, that must exist. */
export interface SourceRead {
  readonly pattern: AnchoredPattern
  readonly span: Span
}

/** In the order of the graph. */
export function targetReads(graph: BuildGraph): readonly TargetReads[] {
  return [...graph.targets.values()].map((target) => ({ target: target.id, ...readsOf(target) }))
}

function readsOf(target: Target): Omit<TargetReads, 'target'> {
  switch (target.kind) {
    case 'build':
      return { groups: target.build.inputs, sources: [] }
    case 'image':
      return { groups: [], sources: imageSources(target) }
    case 'toolchain': {
      const { source, span } = target.toolchain
      const file = source.kind === 'archive' ? source.pinned : source.kind === 'rootfs' ? source.path : null
      return { groups: [], sources: file === null ? [] : [{ pattern: namedPath(file, null), span }] }
    }
    default:
      return assertNever(target)
  }
}

function imageSources({ image, owner }: ImageTarget): readonly SourceRead[] {
  return image.files.flatMap((file) => {
    if (file.kind !== 'source') return []
    // A directory of one's own stops at the services inside it, as inputs do; one elsewhere was named with them in mind.
    const home = isInside(file.path, owner.dir) ? owner.dir : null
    return [{ pattern: namedPath(file.path, home), span: file.span }]
  })
}

/** A path is no glob: its characters stand for themselves. */
function namedPath(literal: WorkspacePath, home: WorkspacePath | null): AnchoredPattern {
  return { literal, rest: [], home }
}
