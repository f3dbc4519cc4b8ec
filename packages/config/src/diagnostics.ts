/** Every finding that this package can make: its meaning and what to do about it. docs/reference/diagnostics.md is made from this. */
export const CONFIG_DIAGNOSTICS = [
  {
    id: 'config/bad-expression',
    severity: 'error',
    summary: 'a "${{" without its "}}", or nothing between them',
    help: 'write ${{ NAME }}; $VAR and ${VAR} belong to the shell and pass through',
  },
  {
    id: 'config/cache-inside-source',
    severity: 'error',
    summary: 'a cache directory lies inside the sources that the builder sees, or above them',
    help: 'point the tool at a directory elsewhere, such as /root/.cache/NAME; build trees that are trusted by mtime are not caches',
  },
  { id: 'config/conflicting-keys', severity: 'error', summary: 'two keys exclude each other', help: 'keep one of them' },
  { id: 'config/duplicate-key', severity: 'error', summary: 'a map has the same key twice', help: 'remove or rename one of them' },
  { id: 'config/duplicate-layer', severity: 'error', summary: 'an image has two layers of one name', help: 'rename or remove one of them' },
  { id: 'config/duplicate-library', severity: 'error', summary: 'two libraries have the same name', help: 'rename one of them' },
  { id: 'config/duplicate-service', severity: 'error', summary: 'two services have the same name', help: 'rename one of them' },
  {
    id: 'config/duplicate-template',
    severity: 'error',
    summary: 'two templates of the root builder.yaml and what it includes have the same name',
    help: 'rename one of them',
  },
  {
    id: 'config/duplicate-toolchain',
    severity: 'error',
    summary: 'two toolchains of the root builder.yaml and what it includes have the same name',
    help: 'rename one of them',
  },
  {
    id: 'config/empty-layer',
    severity: 'error',
    summary: 'an image names a layer that none of its files chooses',
    help: 'write "layer: NAME" beside a file, or take the layer out',
  },
  {
    id: 'config/invalid-artifact',
    severity: 'error',
    summary: 'the name of an artifact or a gate cannot be read',
    help: 'write [SERVICE:]BUILD/PATH for an artifact, [SERVICE:]BUILD for a gate',
  },
  { id: 'config/invalid-encoding', severity: 'error', summary: 'a file is not UTF-8 text', help: 'save it as UTF-8' },
  {
    id: 'config/invalid-name',
    severity: 'error',
    summary: 'a name uses characters that names may not have',
    help: 'use lower-case letters, digits, ".", "_" and "-"; for variables letters, digits and "_"',
  },
  {
    id: 'config/invalid-number',
    severity: 'error',
    summary: 'a number is infinite, not a number, or too large to be exact',
    help: 'quote it when it is text',
  },
  {
    id: 'config/invalid-override',
    severity: 'error',
    summary: 'a `--set PATH=VALUE` names nothing that can be set, or has no value',
    help: 'write a path such as services.NAME.with.PARAMETER, toolchains.NAME.env.VARIABLE or workspace.repository',
  },
  {
    id: 'config/invalid-path',
    severity: 'error',
    summary: 'a path or pattern is written in a way that names no usable place',
    help: 'follow the message: paths use "/" and stay where they belong',
  },
  {
    id: 'config/invalid-reference',
    severity: 'error',
    summary: 'an image name, repository or tag breaks the grammar of image references',
    help: 'use lower-case names separated by "/", and tags of letters, digits, "_", "." and "-"',
  },
  {
    id: 'config/invalid-value',
    severity: 'error',
    summary: 'a value is of the right type but not one that the key accepts',
    help: 'use one of the values that the message names',
  },
  {
    id: 'config/library-cycle',
    severity: 'error',
    summary: 'libraries use each other in a circle',
    help: 'move what both need into a library of its own',
  },
  {
    id: 'config/member-not-found',
    severity: 'error',
    summary: 'a member of the workspace is no directory with a builder.yaml',
    help: 'add a builder.yaml there, or take the member out',
  },
  { id: 'config/missing-key', severity: 'error', summary: 'a key that must be there is missing', help: 'add the key' },
  {
    id: 'config/missing-parameter',
    severity: 'error',
    summary: 'a service gives no value for a parameter that has no default',
    help: 'give it one under "with"',
  },
  {
    id: 'config/nested-workspace',
    severity: 'error',
    summary: 'a member is the root of a workspace of its own',
    help: 'take the member out, or remove its "workspace" key',
  },
  {
    id: 'config/no-commit',
    severity: 'error',
    summary: 'a value needs a git commit and there is none',
    help: 'commit first, or do without git.*, date and created: commit',
  },
  {
    id: 'config/overlapping-outputs',
    severity: 'error',
    summary: 'two outputs of a build are the same place or lie inside each other',
    help: 'declare the outer one alone',
  },
  {
    id: 'config/overlapping-paths',
    severity: 'error',
    summary: 'two needs, caches or files are put at the same place',
    help: 'give one of them another place',
  },
  {
    id: 'config/path-outside-workspace',
    severity: 'error',
    summary: 'a path leaves the workspace',
    help: 'move the file into the workspace; "//" starts at its root',
  },
  {
    id: 'config/reserved-name',
    severity: 'error',
    summary: 'a name has a meaning of its own for orchestrate',
    help: 'choose another name',
  },
  {
    id: 'config/stray-ellipsis',
    severity: 'error',
    summary: 'the list item "..." stands where there is no template list to stand for',
    help: 'remove it, or extend a template',
  },
  {
    id: 'config/syntax',
    severity: 'error',
    summary: 'a file is not one well-formed YAML 1.2 document',
    help: 'correct the YAML at the place shown',
  },
  { id: 'config/too-deep', severity: 'error', summary: 'a file nests more than 64 levels deep', help: 'flatten it' },
  {
    id: 'config/too-large',
    severity: 'error',
    summary: 'a file is larger than 1 MiB',
    help: 'split it, or move data into files that builds read',
  },
  {
    id: 'config/too-many-aliases',
    severity: 'error',
    summary: 'aliases of a file expand to more than 50 copies',
    help: 'write the values out, or use a template',
  },
  { id: 'config/unknown-key', severity: 'error', summary: 'a key that the language does not know', help: 'correct or remove it' },
  {
    id: 'config/unknown-layer',
    severity: 'error',
    summary: 'a file of an image chooses a layer that the image does not name',
    help: 'correct the name, or add it to "layers"',
  },
  {
    id: 'config/unknown-library',
    severity: 'error',
    summary: '"uses" names a library that no builder.yaml declares',
    help: 'correct the name, or declare the library',
  },
  {
    id: 'config/unknown-parameter',
    severity: 'error',
    summary: 'a service gives a value for a parameter that its template does not have',
    help: 'correct or remove it',
  },
  {
    id: 'config/unknown-template',
    severity: 'error',
    summary: 'a service extends a template that the root builder.yaml does not declare',
    help: 'correct the name, or declare the template',
  },
  {
    id: 'config/unknown-toolchain',
    severity: 'error',
    summary: 'a build or an image names a toolchain that the root builder.yaml does not declare',
    help: 'correct the name, or declare the toolchain',
  },
  { id: 'config/unknown-variable', severity: 'error', summary: '${{ … }} names a variable that does not exist', help: 'correct the name' },
  {
    id: 'config/unreadable',
    severity: 'error',
    summary: 'a builder.yaml cannot be read',
    help: 'check that it is a regular file inside the workspace and its permissions',
  },
  {
    id: 'config/unsupported-version',
    severity: 'error',
    summary: 'a file is of a version of the language that this orchestrate does not read',
    help: 'upgrade orchestrate, or write the version that the message names',
  },
  {
    id: 'config/variable-not-allowed',
    severity: 'error',
    summary: 'a variable stands where it would make every commit a rebuild, or where nothing is replaced',
    help: 'use git.* and date in tags, labels and annotations only',
  },
  {
    id: 'config/wrong-type',
    severity: 'error',
    summary: 'a value has another type than its key accepts',
    help: 'write the type that the message names; quote numbers that are text',
  },
] as const satisfies readonly {
  readonly id: string
  readonly severity: 'error' | 'warning'
  readonly summary: string
  readonly help: string
}[]

export type ConfigDiagnosticId = (typeof CONFIG_DIAGNOSTICS)[number]['id']
