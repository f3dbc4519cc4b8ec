/** Every finding that this package can produce, for docs/reference/diagnostics.md. */
export const EMBEDDED_DIAGNOSTICS = [
  {
    id: 'embedded/no-runtime',
    kind: 'environment',
    summary: 'no OCI runtime starts containers here',
    help: 'install crun, or runc; `orchestrate doctor` says what is missing',
  },
] as const
