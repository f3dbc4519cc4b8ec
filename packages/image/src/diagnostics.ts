/** What this package can report; docs/reference/diagnostics.md is generated from it. */
export const IMAGE_DIAGNOSTICS = [
  {
    id: 'image/path-collision',
    kind: 'failure',
    summary: 'two entries of image.files claim the same path, or a file would replace a directory of the base',
    help: 'give them different paths; a "to" that ends in "/" puts a file into that directory',
  },
  {
    id: 'image/link-leaves-artifact',
    kind: 'failure',
    summary: 'a symlink that is to be copied into an image is absolute or leads out of its artifact',
    help: 'make the build copy what the link points to, or link to a relative path inside the artifact',
  },
  {
    id: 'image/whiteout-name',
    kind: 'failure',
    summary: 'a file name starts with ".wh.", which layers use to mark removed files',
    help: 'rename the file',
  },
  {
    id: 'image/too-large',
    kind: 'failure',
    summary: 'the uncompressed layers of an image are larger than its maxSize',
    help: 'make the listed files smaller, or raise maxSize',
  },
  {
    id: 'image/too-many-layers',
    kind: 'failure',
    summary: 'a base and the image on it have more than 125 layers',
    help: 'use a base with fewer layers',
  },
  {
    id: 'image/base-unreadable',
    kind: 'failure',
    summary: 'a layer of a base is no tar that can be read',
    help: 'make the base again with orchestrate lock --update',
  },
  {
    id: 'image/base-changed',
    kind: 'integrity',
    summary: 'the content of a base layer is no longer what its digest says',
    help: 'make the base again with orchestrate lock --update',
  },
  {
    id: 'image/content-lost',
    kind: 'integrity',
    summary: 'the store lost a part of an image while it was emitted or delivered',
    help: 'run orchestrate apply again: it builds what is missing',
  },
  {
    id: 'image/cancelled',
    kind: 'environment',
    summary: 'the run was stopped while an image was emitted or delivered',
    help: 'run orchestrate apply again',
  },
  {
    id: 'image/not-readable',
    kind: 'environment',
    summary: 'a directory that was named as an OCI layout holds none, or not the image that was named, or a damaged one',
    help: 'name a directory that --output oci:DIR wrote, and the image in it as oci:DIR:REFERENCE',
  },
  {
    id: 'image/output-refused',
    kind: 'environment',
    summary: 'the destination of images is a symlink, or holds something that is no OCI layout',
    help: 'choose a new or empty directory, or one that holds an OCI layout',
  },
  {
    id: 'image/output-unwritable',
    kind: 'environment',
    summary: 'the operating system refused a write to the destination of images',
    help: 'make room there or choose another destination',
  },
  {
    id: 'image/load-refused',
    kind: 'environment',
    summary: 'the engine refused an image',
    help: 'see the log of the engine',
  },
  {
    id: 'image/load-mismatch',
    kind: 'environment',
    summary: 'the engine accepted an image but names another one, or none, by its reference',
    help: 'another run may have loaded an image of the same name: run orchestrate apply again',
  },
] as const satisfies readonly {
  readonly id: string
  readonly kind: 'failure' | 'environment' | 'integrity'
  readonly summary: string
  readonly help: string
}[]
