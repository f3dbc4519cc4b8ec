/** One thing that builds need of this machine, tried; what `orchestrate doctor` prints. */
export interface HostCheck {
  /** A few words: `runtime`, `user namespaces`, `container start`. */
  readonly subject: string
  /** `limited`: builds run, but with less than they could have; `broken`: none runs. */
  readonly state: 'works' | 'limited' | 'broken'
  /** What was found, with version and path. */
  readonly message: string
  /** What to do; null where nothing has to be done. */
  readonly help: string | null
}
