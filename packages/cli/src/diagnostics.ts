/** What the commands themselves can report; docs/reference/diagnostics.md is made from this. */
export const CLI_DIAGNOSTICS = [
  {
    id: 'engine/none',
    kind: 'environment',
    summary: 'neither a Docker engine nor the embedded engine runs builders on this machine',
    help: 'run `orchestrate doctor`, which tries each of them and says what to do',
  },
  {
    id: 'engine/keeps-no-images',
    kind: 'environment',
    summary: 'a toolchain comes from an image of an engine, and the embedded engine keeps none',
    help: 'declare the toolchain with "debian", "archive" or "rootfs", or choose the Docker engine',
  },
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
  {
    id: 'run/not-built',
    kind: 'failure',
    summary: '`orchestrate run --no-build` was asked to start an image that is not up to date',
    help: 'build it with `orchestrate apply`, or leave --no-build out',
  },
  {
    id: 'run/not-started',
    kind: 'failure',
    summary: 'the command of an image could not be started (exit code 126 or 127)',
    help: 'correct "entrypoint" or "cmd" of the image, or the arguments after `--`',
  },
  {
    id: 'run/out-of-memory',
    kind: 'failure',
    summary: 'the kernel killed a process of a started image for want of memory',
    help: 'give the engine more memory',
  },
] as const
