/** What the commands themselves can report; docs/reference/diagnostics.md is made from this. */
export const CLI_DIAGNOSTICS = [
  {
    id: 'lock/unreadable',
    kind: 'environment',
    summary: 'builder.lock is there but cannot be read',
    help: 'make it a readable file, or remove it and run `orchestrate lock`',
  },
  {
    id: 'ci/output-not-written',
    kind: 'environment',
    summary: 'the file that GITHUB_OUTPUT names cannot be written',
    help: 'unset GITHUB_OUTPUT, or make the file writable',
  },
] as const
