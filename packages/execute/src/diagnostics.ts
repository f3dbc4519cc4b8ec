/** Every failure that a walk can produce; docs/reference/diagnostics.md is made from this. */
export const EXECUTE_DIAGNOSTICS = [
  {
    id: 'build/exited',
    kind: 'failure',
    summary: 'the command of a build ended with another exit code than 0',
    help: 'read the end of its log; the path of the whole log is shown below it',
  },
  {
    id: 'build/command-not-found',
    kind: 'failure',
    summary: 'a command that a build runs does not exist in its toolchain (exit code 127)',
    help: 'add the package that holds it to the toolchain, or correct its name',
  },
  {
    id: 'build/unknown-user',
    kind: 'failure',
    summary: 'the `user` of a build is not in the /etc/passwd or /etc/group of its toolchain',
    help: 'write a uid, or add the package that brings the user to the toolchain',
  },
  {
    id: 'build/not-executable',
    kind: 'failure',
    summary: 'a command that a build runs cannot be executed (exit code 126)',
    help: 'check its mode bits, its interpreter line and its architecture',
  },
  {
    id: 'build/out-of-memory',
    kind: 'failure',
    summary: 'the kernel killed a process of the builder for want of memory',
    help: 'give the engine more memory, or lower the parallelism of the command',
  },
  {
    id: 'build/timed-out',
    kind: 'failure',
    summary: 'a command ran longer than the `timeout` of its build, or wrote nothing for its `silence`, and was ended',
    help: 'see in the log what it waited for; raise the limit when it needs that long',
  },
  {
    id: 'build/runs-alone',
    severity: 'warning',
    summary: 'a build may use more memory than there is for builders, so that it runs beside none whose memory is known',
    help: 'lower its `resources.memory` when it needs less',
  },
  {
    id: 'build/output-missing',
    kind: 'failure',
    summary: 'a declared output was not under /out after the command had succeeded',
    help: 'let the command write it under /out, or correct "outputs"',
  },
  {
    id: 'build/artifact-part-missing',
    kind: 'environment',
    summary: 'a need names a path inside an artifact that the artifact does not hold',
    help: 'correct the path after the output in "artifact"',
  },
  {
    id: 'engine/outputs-lost',
    kind: 'environment',
    summary: 'the engine broke off while it gave the outputs of a build',
    help: 'see whether the engine is still running, and run again',
  },
  {
    id: 'build/need-failed',
    kind: 'failure',
    summary: 'a target was not built because something that it needs was not',
    help: 'see the failure of what it needs',
  },
  { id: 'image/blocked', kind: 'failure', summary: 'a check that gates the image has not succeeded', help: 'see the failure of the check' },
  {
    id: 'image/no-certificates',
    kind: 'environment',
    summary: 'the toolchain that caCertificates takes its bundle from has none',
    help: 'add ca-certificates to the packages of the toolchain',
  },
  {
    id: 'image/no-timezones',
    kind: 'environment',
    summary: 'the toolchain that timezones takes /usr/share/zoneinfo from has none',
    help: 'add tzdata to the packages of the toolchain',
  },
  {
    id: 'inputs/changed',
    kind: 'failure',
    summary: 'an input changed twice while it was being read',
    help: 'run again when nothing writes to it',
  },
  {
    id: 'store/artifact-lost',
    kind: 'integrity',
    summary: 'an artifact vanished from the store during a run',
    help: 'run again; it will be rebuilt',
  },
] as const
