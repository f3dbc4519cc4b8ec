import { assertNever, type Digest, type TargetId } from '@orchestrate/core'
import {
  describeBuild,
  describeImage,
  type Ingredients,
  type PreparedDigests,
  prepareDigests,
  toolchainRecipe,
} from '@orchestrate/fingerprint'
import {
  type BuildGraph,
  type BuildTarget,
  type ImageTarget,
  type Target,
  type ToolchainTarget,
  withDependencies,
} from '@orchestrate/graph'
import type { PlanInput } from './plan-input.ts'

/** What is known of the selected targets before anything is looked up. */
export interface Draft {
  readonly input: PlanInput
  /** In the graph's order, with everything that they depend on. */
  readonly targets: ReadonlyMap<TargetId, DraftedTarget>
}

export type DraftedTarget = DraftedToolchain | DraftedWork

export interface DraftedToolchain {
  readonly target: ToolchainTarget
  readonly recipe: Digest
  readonly identity: Digest | null
}

/** A build or an image. */
export interface DraftedWork {
  readonly target: BuildTarget | ImageTarget
  readonly recipe: Digest
  readonly ingredients: Ingredients
  readonly digests: PreparedDigests
}

/** Describes every selected target; recipes are known at once, for dependencies come first. */
export function draftPlan(input: PlanInput): Draft {
  const targets = new Map<TargetId, DraftedTarget>()
  const recipe = (id: TargetId): Digest => known(targets.get(id), id).recipe
  for (const id of withDependencies(input.graph, input.selection)) {
    const target = known(input.graph.targets.get(id), id)
    targets.set(id, target.kind === 'toolchain' ? draftToolchain(input, target) : draftWork(input, target, recipe))
  }
  return { input, targets }
}

function draftToolchain(input: PlanInput, target: ToolchainTarget): DraftedToolchain {
  const identity = input.identities.get(target.toolchain.name) ?? null
  return { target, identity, recipe: toolchainRecipe(target.toolchain, identity, input.inventory.inputs.get(target.id) ?? []) }
}

function draftWork(input: PlanInput, target: BuildTarget | ImageTarget, recipe: (id: TargetId) => Digest): DraftedWork {
  const ingredients = describe(input, target)
  const digests = prepareDigests(ingredients)
  return { target, ingredients, digests, recipe: digests.recipe(recipe) }
}

function describe({ graph, inventory, platform }: PlanInput, target: BuildTarget | ImageTarget): Ingredients {
  const inputs = inventory.inputs.get(target.id) ?? []
  switch (target.kind) {
    case 'build':
      return describeBuild(target, { inputs, platform, toolchain: toolchainOf(graph, target).toolchain })
    case 'image':
      return describeImage(target, { inputs, platform })
    default:
      return assertNever(target)
  }
}

function toolchainOf(graph: BuildGraph, { toolchain }: BuildTarget): ToolchainTarget {
  const target: Target = known(graph.targets.get(toolchain), toolchain)
  if (target.kind !== 'toolchain') throw new Error(`not a toolchain: ${toolchain}`)
  return target
}

function known<T>(value: T | undefined, id: TargetId): T {
  if (value === undefined) throw new Error(`unknown target: ${id}`)
  return value
}
