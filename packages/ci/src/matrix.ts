import { compareCodeUnits, err, ok, type Result, type TargetId } from '@orchestrate/core'
import type { Plan, PlannedTarget } from '@orchestrate/plan'

/** `ci matrix`: what a CI provider needs to start one job per entry. */
export interface Matrix {
  readonly include: readonly MatrixEntry[]
  readonly count: number
  readonly hasWork: boolean
}

export interface MatrixEntry {
  /** The services' names, joined by `+`; shortened to the first two and a count. */
  readonly name: string
  /** Arguments for `orchestrate apply`, sorted. */
  readonly services: readonly string[]
  /** Sum of the acting targets' estimates, or null when none is known. */
  readonly estimatedSeconds: number | null
}

export interface TooManyEntries {
  readonly count: number
  readonly limit: number
}

/** GitHub Actions refuses a matrix of more jobs. @see https://docs.github.com/actions/reference/limits */
export const MAX_ENTRIES = 256

/**
 * Groups what acts: targets that depend on each other share an entry, so that every job can run on a machine
 * of its own with an empty store. Toolchains join nothing: each job makes the ones that it needs.
 */
export function ciMatrix(plan: Plan): Result<Matrix, TooManyEntries> {
  const acting = [...plan.targets.values()].filter((target) => target.decision !== 'current' && target.service !== null)
  const groups = groupByDependency(acting)
  const include = [...groups.values()].map(toEntry).toSorted((a, b) => compareCodeUnits(a.services.join(' '), b.services.join(' ')))
  if (include.length > MAX_ENTRIES) return err({ count: include.length, limit: MAX_ENTRIES })
  return ok({ include, count: include.length, hasWork: include.length > 0 })
}

/** Union-find over services: an edge between acting targets puts their services together. */
function groupByDependency(acting: readonly PlannedTarget[]): ReadonlyMap<string, readonly PlannedTarget[]> {
  const serviceOf = new Map<TargetId, string>(acting.flatMap((target) => (target.service === null ? [] : [[target.id, target.service]])))
  const leader = new Map<string, string>()
  const find = (service: string): string => {
    let root = service
    for (let next = leader.get(root); next !== undefined && next !== root; next = leader.get(root)) root = next
    leader.set(service, root)
    return root
  }
  for (const target of acting) {
    for (const need of target.needs) {
      const other = serviceOf.get(need)
      if (target.service !== null && other !== undefined) leader.set(find(target.service), find(other))
    }
  }
  const groups = new Map<string, PlannedTarget[]>()
  for (const target of acting) {
    const key = find(target.service ?? '')
    groups.set(key, [...(groups.get(key) ?? []), target])
  }
  return groups
}

function toEntry(targets: readonly PlannedTarget[]): MatrixEntry {
  const services = [...new Set(targets.flatMap((target) => target.service ?? []))].toSorted(compareCodeUnits)
  const estimates = targets.flatMap((target) => target.estimatedSeconds ?? [])
  return {
    name: nameOf(services),
    services,
    estimatedSeconds: estimates.length === 0 ? null : estimates.reduce((sum, seconds) => sum + seconds, 0),
  }
}

const NAMES_SHOWN = 3

function nameOf(services: readonly string[]): string {
  if (services.length <= NAMES_SHOWN) return services.join('+')
  return `${services.slice(0, NAMES_SHOWN - 1).join('+')}+${services.length - NAMES_SHOWN + 1} more`
}
