/** Every finding that this package can produce, for docs/reference/diagnostics.md. */
export const EMBEDDED_DIAGNOSTICS = [
  {
    id: 'embedded/no-runtime',
    kind: 'environment',
    summary: 'no OCI runtime is there',
    help: 'as root: apt-get install crun (or runc), or name one with --engine embedded:PATH',
  },
  {
    id: 'embedded/no-tool',
    kind: 'environment',
    summary: 'a program that starts containers is missing',
    help: 'install util-linux (setpriv, unshare, mount) and a shell',
  },
  {
    id: 'embedded/does-not-start',
    kind: 'environment',
    summary: 'no OCI runtime starts a container on this machine',
    help: '`orchestrate doctor --engine embedded` says what keeps it from that',
  },
  {
    id: 'embedded/start-failed',
    kind: 'environment',
    summary: 'the OCI runtime could not start a builder',
    help: 'the runtime’s own words say why; `orchestrate doctor --engine embedded` tries it',
  },
  {
    id: 'embedded/root-damaged',
    kind: 'environment',
    summary: 'the unpacked toolchain changed twice while builders ran in it',
    help: 'find out what writes to the store’s directory "embedded/roots"',
  },
  {
    id: 'embedded/state',
    kind: 'environment',
    summary: 'the engine’s own directory cannot be used',
    help: 'make room there and see that it belongs to you, or set ORCHESTRATE_STORE to another directory',
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
