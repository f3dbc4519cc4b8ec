import type { TargetId, TargetOutcome } from '@orchestrate/core'

/** What a target asks for once everything that it depends on has succeeded. */
export type Admission =
  /** It is finished already (a hit), and never takes a slot. */
  | { readonly kind: 'finished'; readonly outcome: TargetOutcome }
  /** `slot`: whether it counts against `slots`. `coldCaches`: caches that nothing has filled yet. `memory`: bytes that it will use; 0 when nobody knows. */
  | { readonly kind: 'run'; readonly slot: boolean; readonly coldCaches: readonly string[]; readonly memory: number }

export interface WalkOptions {
  /** Topological order. */
  readonly order: readonly TargetId[]
  readonly dependencies: (id: TargetId) => readonly TargetId[]
  /** Higher starts first; ties by order. */
  readonly priority: (id: TargetId) => number
  readonly slots: number
  /** Bytes that targets of known memory may use together; one that needs more runs when no other of them does. Null: no bound. */
  readonly memoryBudget: number | null
  /** Runs without a slot: looks the target up, makes its toolchain ready. */
  readonly admit: (id: TargetId) => Promise<Admission>
  /** `leave` gives slot and caches free before the end: called when only storing is left. Calling it again does nothing. */
  readonly run: (id: TargetId, leave: () => void) => Promise<TargetOutcome>
  /** Called for a target that will not run, because a dependency ended otherwise than `succeeded` or the walk was halted. */
  readonly skip: (id: TargetId, because: TargetId | null) => TargetOutcome
  /** Whether a dependency's outcome lets `id` go on nevertheless. */
  readonly tolerates: (id: TargetId, dependency: TargetId) => boolean
  /** True once nothing new may start. Asked again whenever a target has ended and when `halt` fires. */
  readonly halted: () => boolean
  readonly halt: AbortSignal
}

/**
 * Walks a graph of targets: dependencies first, by priority, never more than `slots` running.
 * A cold cache is filled by one target before the others that use it start; nothing holds a slot while it waits.
 *
 * @throws what `admit` or `run` throw (bugs), after everything that is running has ended.
 */
export async function walk(options: WalkOptions): Promise<ReadonlyMap<TargetId, TargetOutcome>> {
  const state = createState(options)
  const { promise, resolve } = deferred()
  const bugs: unknown[] = []

  const settle = (id: TargetId, outcome: TargetOutcome): void => {
    state.outcomes.set(id, outcome)
    for (const dependent of state.dependents.get(id) ?? []) {
      const left = (state.waiting.get(dependent) ?? 0) - 1
      state.waiting.set(dependent, left)
      if (left === 0) state.opening.push(dependent)
    }
  }

  const open = (id: TargetId): void => {
    const broken = options
      .dependencies(id)
      .find((dependency) => state.outcomes.get(dependency) !== 'succeeded' && !options.tolerates(id, dependency))
    if (broken !== undefined || options.halted()) return settle(id, options.skip(id, broken ?? null))
    void attempt(id, async () => {
      const admission = await options.admit(id)
      if (admission.kind === 'finished') settle(id, admission.outcome)
      else state.ready.push({ id, ...admission })
    })
  }

  const start = (item: ReadyItem): void => {
    if (item.slot) state.used++
    state.memory += item.memory
    for (const cache of item.coldCaches) if (!state.warm.has(cache)) state.warming.set(cache, item.id)
    let left = false
    const leave = (outcome: TargetOutcome): void => {
      if (left) return
      left = true
      releaseCaches(item, outcome)
      if (item.slot) state.used--
      state.memory -= item.memory
    }
    void attempt(item.id, async () => {
      let outcome: TargetOutcome = 'failed'
      try {
        outcome = await options.run(item.id, () => {
          leave('succeeded')
          pump()
        })
      } finally {
        leave(outcome)
      }
      settle(item.id, outcome)
    })
  }

  /** Never rejects: what `work` throws is a bug, kept until everything has ended. */
  const attempt = async (id: TargetId, work: () => Promise<void>): Promise<void> => {
    state.busy++
    try {
      await work()
    } catch (bug) {
      bugs.push(bug)
      settle(id, 'failed')
    }
    state.busy--
    pump()
  }

  const releaseCaches = (item: ReadyItem, outcome: TargetOutcome): void => {
    for (const cache of item.coldCaches) {
      if (state.warming.get(cache) !== item.id) continue
      state.warming.delete(cache)
      if (outcome === 'succeeded') state.warm.add(cache)
    }
  }

  const pump = (): void => {
    for (let id = state.opening.pop(); id !== undefined; id = state.opening.pop()) open(id)
    if (options.halted() || bugs.length > 0) for (const item of state.ready.splice(0)) settle(item.id, options.skip(item.id, null))
    for (let item = takeNext(state, options); item !== null; item = takeNext(state, options)) start(item)
    if (state.opening.length > 0) return pump()
    if (state.busy === 0 && state.outcomes.size === options.order.length) resolve()
  }

  options.halt.addEventListener('abort', pump)
  state.opening.push(...options.order.filter((id) => state.waiting.get(id) === 0).toReversed())
  pump()
  await promise
  options.halt.removeEventListener('abort', pump)
  if (bugs.length > 0) throw bugs[0]
  return state.outcomes
}

interface ReadyItem {
  readonly id: TargetId
  readonly slot: boolean
  readonly coldCaches: readonly string[]
  readonly memory: number
}

interface WalkState {
  readonly outcomes: Map<TargetId, TargetOutcome>
  /** Dependencies that have not ended yet. */
  readonly waiting: Map<TargetId, number>
  readonly dependents: ReadonlyMap<TargetId, readonly TargetId[]>
  readonly rank: ReadonlyMap<TargetId, number>
  /** Every dependency has ended; admitted or skipped by the next pump (a list, so that long chains need no recursion). */
  readonly opening: TargetId[]
  readonly ready: ReadyItem[]
  /** Which target is filling a cache right now. */
  readonly warming: Map<string, TargetId>
  readonly warm: Set<string>
  used: number
  /** Bytes of what is running. */
  memory: number
  /** Admissions and runs in flight. */
  busy: number
}

function createState(options: WalkOptions): WalkState {
  const dependents = new Map<TargetId, TargetId[]>(options.order.map((id) => [id, []]))
  for (const id of options.order) for (const dependency of options.dependencies(id)) dependents.get(dependency)?.push(id)
  return {
    outcomes: new Map(),
    waiting: new Map(options.order.map((id) => [id, options.dependencies(id).length])),
    dependents,
    rank: new Map(options.order.map((id, rank) => [id, rank])),
    opening: [],
    ready: [],
    warming: new Map(),
    warm: new Set(),
    used: 0,
    memory: 0,
    busy: 0,
  }
}

function takeNext(state: WalkState, options: WalkOptions): ReadyItem | null {
  const free = state.used < options.slots
  let best: ReadyItem | null = null
  for (const item of state.ready) {
    if (item.slot && !free) continue
    if (item.coldCaches.some((cache) => state.warming.has(cache))) continue
    if (!fits(item, state, options)) continue
    if (best === null || isBefore(item, best, state, options)) best = item
  }
  if (best !== null) state.ready.splice(state.ready.indexOf(best), 1)
  return best
}

function fits({ memory }: ReadyItem, state: WalkState, { memoryBudget }: WalkOptions): boolean {
  return memory === 0 || state.memory === 0 || memoryBudget === null || state.memory + memory <= memoryBudget
}

function isBefore(a: ReadyItem, b: ReadyItem, state: WalkState, options: WalkOptions): boolean {
  const difference = options.priority(a.id) - options.priority(b.id)
  return difference !== 0 ? difference > 0 : (state.rank.get(a.id) ?? 0) < (state.rank.get(b.id) ?? 0)
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
