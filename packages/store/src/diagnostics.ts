/** Every finding that the store can make, for the reference page of diagnostics. */
export const STORE_DIAGNOSTICS: readonly {
  readonly id: string
  readonly kind: 'failure' | 'environment' | 'integrity'
  readonly summary: string
  readonly help: string
}[] = [
  {
    id: 'build/output-rejected',
    kind: 'failure',
    summary:
      'a build left something below /out that no artifact may hold: a device, a name that leaves the directory, a broken hard link, …',
    help: 'leave only plain files, directories and links with ordinary names below /out',
  },
  {
    id: 'store/blob-missing',
    kind: 'integrity',
    summary: 'content that a record or a view needs is no longer in the store',
    help: 'run again: what needs it is built anew',
  },
  {
    id: 'store/corrupt',
    kind: 'integrity',
    summary: 'stored content does not have its digest any more; it was moved to quarantine/',
    help: 'run again: what needs it is built anew; if it happens again, check the disk',
  },
  {
    id: 'store/digest-mismatch',
    kind: 'integrity',
    summary: 'content that was to be stored under a digest has another one',
    help: 'fetch it again; if it happens again, its source is damaged or not what it claims to be',
  },
  {
    id: 'store/disk-full',
    kind: 'environment',
    summary: 'the store needs more space, files or quota than the file system has',
    help: 'free space there, or set ORCHESTRATE_STORE to a directory on a larger disk',
  },
  {
    id: 'store/foreign-owner',
    kind: 'environment',
    summary: 'the store belongs to another user, who could change what builds are made of',
    help: 'chown it, or set ORCHESTRATE_STORE to a directory of your own',
  },
  {
    id: 'store/input-unreadable',
    kind: 'environment',
    summary: 'an input of a build may not be read by the user who runs it',
    help: 'give yourself permission to read it, or leave it out of the inputs',
  },
  {
    id: 'store/invalid-tree',
    kind: 'integrity',
    summary: 'a tree of files holds an entry that no tree may hold',
    help: 'rename the file, or leave it out of the inputs',
  },
  {
    id: 'store/io-error',
    kind: 'environment',
    summary: 'the operating system refused a call on the store for another reason than a full disk or missing permissions',
    help: 'check the disk and its file system',
  },
  {
    id: 'store/link-not-mountable',
    kind: 'environment',
    summary: 'an artifact that is nothing but a symbolic link was to be mounted',
    help: 'declare the directory that holds the link as the output',
  },
  {
    id: 'store/mode-too-wide',
    kind: 'environment',
    summary: 'other users have access to the store',
    help: 'chmod 700 it, or set ORCHESTRATE_STORE to a directory of your own',
  },
  {
    id: 'store/mount-point-conflict',
    kind: 'environment',
    summary: 'something is to be mounted where the inputs have a file or link of another kind',
    help: 'mount it somewhere else, or leave what is there out of the inputs',
  },
  {
    id: 'store/newer-layout',
    kind: 'integrity',
    summary: 'the store was made by a newer orchestrate; it was not touched',
    help: 'use the newer orchestrate, or set ORCHESTRATE_STORE to another directory',
  },
  {
    id: 'store/not-a-store',
    kind: 'environment',
    summary: 'the place for the store is a directory with other things in it, or no directory',
    help: 'set ORCHESTRATE_STORE to an empty or new directory',
  },
  {
    id: 'store/permission-denied',
    kind: 'environment',
    summary: 'a file or directory of the store may not be read or written',
    help: 'make it belong to you, or set ORCHESTRATE_STORE to a directory of your own',
  },
  {
    id: 'store/read-only',
    kind: 'environment',
    summary: 'the store lies on a file system that cannot be written',
    help: 'set ORCHESTRATE_STORE to a directory that can be written',
  },
  {
    id: 'store/too-many-files',
    kind: 'environment',
    summary: 'this process or this machine has too many files open',
    help: 'raise the limit of open files, or run fewer jobs',
  },
]
