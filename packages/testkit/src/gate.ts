/** Holds a scripted builder until the test lets it go on. */
export interface Gate {
  /** Resolves when the builder has arrived at the gate. */
  readonly reached: Promise<void>
  /** Lets the builder pass; a gate that is open stays open. */
  open(): void
}

/** The builder's side of a gate. */
export interface GateKeeper extends Gate {
  pass(): Promise<void>
}

export function createGate(): GateKeeper {
  const reached = createSignal()
  const opened = createSignal()
  return {
    reached: reached.promise,
    open: opened.resolve,
    pass: () => {
      reached.resolve()
      return opened.promise
    },
  }
}

function createSignal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: (() => void) | undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve?.() }
}
