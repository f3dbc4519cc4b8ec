/** Runs tasks one after the other, in the order in which they came; a task that fails does not stop the next. */
export function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const run = last.then(task)
    last = run.then(settled, settled)
    return run
  }
}

const settled = () => undefined
