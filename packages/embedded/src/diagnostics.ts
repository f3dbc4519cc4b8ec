/** Every finding that this package can produce, for docs/reference/diagnostics.md. */
export const EMBEDDED_DIAGNOSTICS = [
  {
    id: 'embedded/no-runtime',
    kind: 'environment',
    summary: 'no OCI runtime starts containers here',
    help: 'install crun, or runc; `orchestrate doctor` says what is missing',
  },
  {
    id: 'embedded/engine-image',
    kind: 'environment',
    summary: 'a toolchain is held by another engine only',
    help: 'use the Docker engine, or import the image as a root file system with `rootfs`',
  },
  {
    id: 'embedded/hostile-archive',
    kind: 'integrity',
    summary: 'an entry of a layer reaches out of the root file system or contradicts itself; nothing of it is kept',
    help: 'do not use the archive before you know who made it so',
  },
  {
    id: 'embedded/malformed-archive',
    kind: 'environment',
    summary: 'a layer is not a tar archive in a form that can be unpacked',
    help: 'make the archive again with another tool',
  },
  {
    id: 'embedded/layer-changed',
    kind: 'integrity',
    summary: 'a layer has another content than its DiffID says',
    help: 'run the command again: what the store has lost is made or fetched anew',
  },
  {
    id: 'embedded/layer-unreadable',
    kind: 'environment',
    summary: 'a layer could not be read to its end',
    help: 'run the command again: what the store has lost is made or fetched anew',
  },
  {
    id: 'embedded/disk-full',
    kind: 'environment',
    summary: 'a root file system does not fit on the disk of the store',
    help: 'free space there, or set ORCHESTRATE_STORE to a directory on a larger disk',
  },
  {
    id: 'embedded/not-writable',
    kind: 'environment',
    summary: 'the directory for root file systems refuses access',
    help: 'make it belong to you, or set ORCHESTRATE_STORE to a directory of your own',
  },
  {
    id: 'embedded/unpack-failed',
    kind: 'environment',
    summary: 'a root file system could not be written',
    help: 'check the disk and its file system',
  },
  {
    id: 'embedded/cancelled',
    kind: 'environment',
    summary: 'the run was stopped before a root file system was unpacked',
    help: 'run the command again',
  },
] as const
