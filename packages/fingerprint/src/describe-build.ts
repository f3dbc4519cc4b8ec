import type { Command, ToolchainDeclaration } from '@orchestrate/config'
import { type CanonicalValue, compareCodeUnits, formatPlatform, type Platform } from '@orchestrate/core'
import { type ArtifactEdge, type BuildTarget, formatArtifact } from '@orchestrate/graph'
import { buildEnvironment } from './build-environment.ts'
import type { Ingredients, NeedIngredient } from './ingredients.ts'
import type { InventoryEntry } from './inventory.ts'

export interface BuildContext {
  /** What the inputs matched, sorted by path. */
  readonly inputs: readonly InventoryEntry[]
  /** The declaration that the build names. */
  readonly toolchain: ToolchainDeclaration
  readonly platform: Platform
}

/** What may change the artifacts of a build. Neither its name nor its patterns do: only what they matched. */
export function describeBuild(target: BuildTarget, context: BuildContext): Ingredients {
  const { build, owner } = target
  return {
    target: target.id,
    kind: 'build',
    facts: {
      caches: Object.fromEntries(build.caches),
      command: describeCommand(build.command),
      env: Object.fromEntries(buildEnvironment(build, context.toolchain, context.platform)),
      network: build.network,
      outputs: build.outputs.map((output) => output.value).toSorted(compareCodeUnits),
      platform: formatPlatform(context.platform),
      source: { directory: owner.dir, moved: build.sourceMoved, writable: build.sourceWritable },
      user: build.user,
      workdir: build.workdir,
    },
    inputs: context.inputs,
    needs: [builder(target), ...artifacts(target)],
  }
}

function describeCommand(command: Command): CanonicalValue {
  return command.kind === 'run' ? { run: command.steps } : { exec: command.argv }
}

function builder({ toolchain, build }: BuildTarget): NeedIngredient {
  return { name: build.toolchain.value, target: toolchain, use: { kind: 'toolchain', at: 'builder' } }
}

/** Sorted by where they are mounted: the order in which they were written changes nothing. */
function artifacts({ build, needs, id }: BuildTarget): readonly NeedIngredient[] {
  return build.needs
    .map(({ artifact, to, writable }, index) => {
      const edge = edgeAt(needs, index, id)
      return {
        name: formatArtifact(artifact, build.service),
        target: edge.target,
        use: { kind: 'artifact', output: edge.output, within: edge.within, at: { to, writable } },
      } as const
    })
    .toSorted((a, b) => compareCodeUnits(a.use.at.to, b.use.at.to))
}

function edgeAt(edges: readonly ArtifactEdge[], index: number, id: string): ArtifactEdge {
  const edge = edges[index]
  if (edge === undefined) throw new Error(`a need of ${id} was not resolved`)
  return edge
}
