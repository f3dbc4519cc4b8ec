/** Work that is done at most once, on first use. */
export interface Once<T> {
  readonly get: () => Promise<T>
  /** Null before first use. */
  readonly pending: () => Promise<T> | null
}

export function once<T>(work: () => Promise<T>): Once<T> {
  let pending: Promise<T> | null = null
  return {
    get: () => (pending ??= work()),
    pending: () => pending,
  }
}
