/** Every finding that the file inventory can make. */
export const INVENTORY_DIAGNOSTICS = [
  {
    id: 'inputs/bad-pattern',
    severity: 'error',
    summary: 'A pattern of inputs or sources cannot be read.',
    help: 'close every "[", put a character after every "\\", and write a "\\" before a character that is meant literally',
  },
  {
    id: 'inputs/outside-workspace',
    severity: 'error',
    summary: 'A pattern of inputs or sources leads out of the workspace.',
    help: 'name files below the workspace root only; "//" starts there',
  },
  {
    id: 'inputs/matches-nothing',
    severity: 'error',
    summary: 'A pattern of inputs or sources matches no file.',
    help: 'correct the pattern, or write { glob: …, optional: true }; files that git ignores are taken only by their exact name',
  },
  {
    id: 'inputs/source-missing',
    severity: 'error',
    summary: 'A source of an image, or the archive of a rootfs toolchain, does not exist.',
    help: 'correct the path; it is relative to the directory of the builder.yaml, and "//" starts at the workspace root',
  },
  {
    id: 'inputs/link-leaves-workspace',
    severity: 'error',
    summary: 'A symlink among the inputs points out of the workspace.',
    help: 'point it at a file inside the workspace with a relative target, or exclude it with a "!" pattern',
  },
  {
    id: 'inputs/behind-link',
    severity: 'error',
    summary: 'An input was named by a path that leads through a symlink to a directory.',
    help: 'name the file by the path where it really is',
  },
  {
    id: 'inputs/special-file',
    severity: 'error',
    summary: 'An input is a FIFO, a socket or a device.',
    help: 'exclude it with a "!" pattern',
  },
  {
    id: 'inputs/unreadable',
    severity: 'error',
    summary: 'An input cannot be read.',
    help: 'correct its permissions, or exclude it with a "!" pattern',
  },
  {
    id: 'inputs/invalid-name',
    severity: 'error',
    summary: 'The name of an input is not valid UTF-8.',
    help: 'rename the file, or exclude it with a "!" pattern',
  },
  {
    id: 'inputs/path-collision',
    severity: 'error',
    summary: 'Two inputs of one target have names that differ only in case or in Unicode normalisation.',
    help: 'rename one of them: on other systems they are the same file',
  },
  {
    id: 'inputs/lfs-pointer',
    severity: 'error',
    summary: 'An input is a git-LFS pointer instead of its content.',
    help: 'run "git lfs pull"',
  },
  {
    id: 'inputs/merge-conflict',
    severity: 'error',
    summary: 'The index holds a file with an unresolved merge conflict.',
    help: 'resolve the conflict and stage the file with "git add"',
  },
  {
    id: 'inputs/submodule-missing',
    severity: 'error',
    summary: 'The commit that the index records for a submodule is not in the submodule.',
    help: 'run "git submodule update --init"',
  },
  {
    id: 'inputs/no-repository',
    severity: 'error',
    summary: 'The index was asked for, but the workspace is not in the work tree of a git repository.',
    help: 'plan the work tree instead, without --staged',
  },
  {
    id: 'inputs/git-missing',
    severity: 'error',
    summary: 'The workspace is in a git repository, but git is not installed.',
    help: 'install git: only git knows which files it ignores',
  },
  {
    id: 'inputs/git-failed',
    severity: 'error',
    summary: 'git could not list or read the files of the workspace.',
    help: 'follow what git says; "git status" in the workspace should show the same',
  },
] as const satisfies readonly InventoryDiagnostic[]

interface InventoryDiagnostic {
  readonly id: string
  readonly severity: 'error' | 'warning'
  readonly summary: string
  readonly help: string
}

export type InventoryDiagnosticId = (typeof INVENTORY_DIAGNOSTICS)[number]['id']

/** What to do about a finding, as documented. */
export function helpFor(id: InventoryDiagnosticId): string {
  return HELP.get(id) ?? ''
}

const HELP: ReadonlyMap<string, string> = new Map(INVENTORY_DIAGNOSTICS.map(({ id, help }) => [id, help]))
