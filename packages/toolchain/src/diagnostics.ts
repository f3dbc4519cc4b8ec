/** Every finding and trouble of this package, for the reference of diagnostics. */
export const TOOLCHAIN_DIAGNOSTICS: readonly {
  readonly id: string
  readonly kind: 'error' | 'environment' | 'integrity'
  readonly summary: string
  readonly help: string
}[] = [
  {
    id: 'lock/malformed',
    kind: 'error',
    summary: 'builder.lock is not JSON, or holds something that orchestrate does not write.',
    help: 'Resolve a merge conflict if there is one; otherwise delete the file and run `orchestrate lock`.',
  },
  {
    id: 'lock/out-of-date',
    kind: 'error',
    summary: 'A toolchain was locked from another declaration: packages, suite, mirror, image or archive have changed since.',
    help: 'Run `orchestrate lock` and commit builder.lock.',
  },
  {
    id: 'lock/missing-entry',
    kind: 'integrity',
    summary: 'builder.lock has no entry for a toolchain or base, and none may be added (`--locked`, `lock --check`).',
    help: 'Run `orchestrate lock` and commit builder.lock.',
  },
  {
    id: 'lock/not-a-file',
    kind: 'environment',
    summary: 'Where builder.lock should be written is a link or a directory.',
    help: 'Remove it and run `orchestrate lock`.',
  },
  {
    id: 'lock/unwritable',
    kind: 'environment',
    summary: 'builder.lock cannot be written.',
    help: 'Make the root of the workspace writable, or commit a complete builder.lock and use `--locked`.',
  },
  {
    id: 'toolchain/package-version-gone',
    kind: 'environment',
    summary: 'The mirror no longer has a package version that builder.lock holds.',
    help: 'Run `orchestrate lock --update NAME`, or pin the mirror by date with `debian.snapshot`.',
  },
  {
    id: 'toolchain/unknown-package',
    kind: 'environment',
    summary: 'The suite has no package of a declared name.',
    help: 'Correct the name in `debian.packages`.',
  },
  {
    id: 'toolchain/unknown-suite',
    kind: 'environment',
    summary: 'The mirror has no suite of the declared name.',
    help: 'Correct `debian.suite`, or set `debian.mirror` to a mirror that has it.',
  },
  {
    id: 'toolchain/mirror-unreachable',
    kind: 'environment',
    summary: 'The package mirror does not answer, or not with what it should.',
    help: 'Check the network and the proxy variables, or set `debian.mirror`.',
  },
  {
    id: 'toolchain/mirror-untrusted',
    kind: 'integrity',
    summary: 'The package lists are not signed by a key that this machine trusts.',
    help: 'Install or update debian-archive-keyring, or check `debian.mirror`.',
  },
  {
    id: 'toolchain/mirror-changing',
    kind: 'environment',
    summary: 'The package lists changed while a toolchain was bootstrapped.',
    help: 'Try again.',
  },
  {
    id: 'toolchain/disk-full',
    kind: 'environment',
    summary: 'A bootstrap ran out of disk space.',
    help: 'Free some space, or move the store with ORCHESTRATE_STORE.',
  },
  {
    id: 'toolchain/not-permitted',
    kind: 'environment',
    summary: 'A bootstrap needs root or user namespaces, and this user has neither.',
    help: 'Run as root, or allow user namespaces and install uidmap with entries in /etc/subuid and /etc/subgid.',
  },
  {
    id: 'toolchain/mmdebstrap-missing',
    kind: 'environment',
    summary: 'mmdebstrap, or a tool that it needs, is not installed.',
    help: 'Install the package mmdebstrap.',
  },
  {
    id: 'toolchain/bootstrap-failed',
    kind: 'environment',
    summary: 'A bootstrap failed for another reason, which is shown.',
    help: 'When packages exclude each other, change `debian.packages`.',
  },
  {
    id: 'toolchain/cancelled',
    kind: 'environment',
    summary: 'A bootstrap was stopped with the run.',
    help: 'Run again: finished bases and toolchains are kept.',
  },
  {
    id: 'toolchain/identity-differs',
    kind: 'integrity',
    summary: 'A root file system is not the one that builder.lock holds.',
    help: 'Run `orchestrate lock --update NAME` to accept it.',
  },
  {
    id: 'toolchain/rootfs-unreadable',
    kind: 'environment',
    summary: 'The archive of a rootfs toolchain cannot be read, or is not a plain or gzip tar.',
    help: 'Make it a tar archive in the work tree, plain or compressed with gzip.',
  },
  {
    id: 'toolchain/archive-unusable',
    kind: 'environment',
    summary:
      'The image of an OCI layout or docker archive is not there, is for another platform, or is compressed with something else than gzip.',
    help: 'Name an image that is there; write it again with gzip layers.',
  },
  {
    id: 'toolchain/archive-invalid',
    kind: 'integrity',
    summary: 'An OCI layout or docker archive holds something else than its digests, sizes and manifests say.',
    help: 'Write the image again, for instance with `skopeo copy`.',
  },
  {
    id: 'toolchain/image-not-found',
    kind: 'environment',
    summary: 'The engine does not have the image of a toolchain.',
    help: 'Pull it with the engine first: orchestrate does not pull images yet.',
  },
  {
    id: 'toolchain/image-incomplete',
    kind: 'environment',
    summary: 'The engine did not give all layers of an image.',
    help: 'See whether the engine still has the image, and try again.',
  },
  {
    id: 'toolchain/layer-unreadable',
    kind: 'integrity',
    summary: 'A layer of a toolchain is not a valid tar archive.',
    help: 'Make the image or archive again with another tool.',
  },
]
