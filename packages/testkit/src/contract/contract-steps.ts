import { assertNever } from '@orchestrate/core'

/**
 * What a builder of the contract suite does, in words that a shell and a scripted engine both understand.
 * Steps run in order; the first that fails ends the builder with a code that is not 0.
 */
export type ContractStep =
  | { readonly do: 'print'; readonly to: 'stdout' | 'stderr'; readonly text: string }
  /** Bytes in hexadecimal, to stdout in one write. */
  | { readonly do: 'print-bytes'; readonly hex: string }
  /** A line of `width` characters, newline included, `count` times, to stdout. */
  | { readonly do: 'print-lines'; readonly width: number; readonly count: number }
  /** `out N` to stdout and `err N` to stderr by turns, N from 1 to `count`, one write a line. */
  | { readonly do: 'print-by-turns'; readonly count: number }
  | { readonly do: 'print-file'; readonly path: string }
  /** Permission bits in octal and the mtime in seconds, on one line. */
  | { readonly do: 'print-stat'; readonly path: string }
  | { readonly do: 'print-link'; readonly path: string }
  /** Names in a directory, one a line, sorted. */
  | { readonly do: 'list'; readonly path: string }
  /** The number of names in a directory. */
  | { readonly do: 'count'; readonly path: string }
  | { readonly do: 'write'; readonly path: string; readonly text: string; readonly executable?: boolean }
  /** Prints `written` or `refused`. */
  | { readonly do: 'try-write'; readonly path: string }
  | { readonly do: 'remove'; readonly path: string }
  /** With those above it. */
  | { readonly do: 'directory'; readonly path: string }
  /** Files named 1 to `count` in a directory that is there, each holding its name. */
  | { readonly do: 'write-many'; readonly path: string; readonly count: number }
  /** An empty file in a directory, its name given by its bytes in hexadecimal. */
  | { readonly do: 'write-named'; readonly path: string; readonly hex: string }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string }
  | { readonly do: 'hard-link'; readonly path: string; readonly target: string }
  | { readonly do: 'fifo'; readonly path: string }
  | { readonly do: 'socket'; readonly path: string }
  | { readonly do: 'mode'; readonly path: string; readonly mode: number }
  /** Prints uid, working directory and host name, one a line. */
  | { readonly do: 'print-world' }
  /** Prints uid and gid, one a line. */
  | { readonly do: 'print-ids' }
  /** Prints every variable, sorted, one a line. Only as the sole step. */
  | { readonly do: 'print-environment' }
  /** Prints `ready`, then waits to be asked to stop, and exits with 7. */
  | { readonly do: 'wait-for-stop' }
  /** Prints `ready`, then ignores every request to stop. */
  | { readonly do: 'never-end' }
  /** Is killed by a signal of its own making. */
  | { readonly do: 'die'; readonly signal: number }
  | { readonly do: 'exit'; readonly code: number }

/** The argv that does `steps` in a root file system that has a POSIX shell and busybox. */
export function renderSteps(steps: readonly ContractStep[]): readonly string[] {
  const [first] = steps
  // A shell would add variables of its own.
  if (first?.do === 'print-environment') return ['env']
  return ['sh', '-ec', steps.map(renderStep).join('\n')]
}

function renderStep(step: ContractStep): string {
  switch (step.do) {
    case 'print':
      return `printf %s ${quote(step.text)}${step.to === 'stderr' ? ' >&2' : ''}`
    case 'print-bytes':
      return `printf ${quote(octal(step.hex))}`
    case 'print-lines':
      return `yes ${'x'.repeat(step.width - 1)} | head -n ${step.count}`
    case 'print-by-turns':
      return `i=1; while [ $i -le ${step.count} ]; do echo out $i; echo err $i >&2; i=$((i+1)); done`
    case 'print-file':
      return `cat ${quote(step.path)}`
    case 'print-stat':
      return `stat -c '%a %Y' ${quote(step.path)}`
    case 'print-link':
      return `readlink ${quote(step.path)}`
    case 'list':
      return `ls -1A ${quote(step.path)}`
    case 'count':
      return `ls -1A ${quote(step.path)} | wc -l`
    case 'print-world':
      return 'id -u; pwd; hostname'
    case 'print-ids':
      return 'id -u; id -g'
    case 'print-environment':
      throw new Error('the environment is printed by a command of its own')
    case 'wait-for-stop':
      return "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"
    case 'never-end':
      return "trap '' TERM; echo ready; while :; do sleep 1; done"
    case 'die':
      return `kill -${step.signal} $$`
    case 'exit':
      return `exit ${step.code}`
    default:
      return renderChange(step)
  }
}

type Change = Extract<ContractStep, { readonly path: string }>

/** The steps that change files. */
function renderChange(step: Exclude<Change, { readonly do: 'print-file' | 'print-stat' | 'print-link' | 'list' | 'count' }>): string {
  const path = quote(step.path)
  switch (step.do) {
    case 'write':
      return `printf %s ${quote(step.text)} > ${path}${step.executable === true ? `; chmod +x ${path}` : ''}`
    case 'try-write':
      return `if (: > ${path}) 2>/dev/null; then echo written; else echo refused; fi`
    case 'remove':
      return `rm -r ${path}`
    case 'directory':
      return `mkdir -p ${path}`
    case 'write-many':
      return `i=1; while [ $i -le ${step.count} ]; do printf %s $i > ${path}/$i; i=$((i+1)); done`
    case 'write-named':
      return `: > ${path}/"$(printf ${quote(octal(step.hex))})"`
    case 'symlink':
      return `ln -s ${quote(step.target)} ${path}`
    case 'hard-link':
      return `ln ${quote(step.target)} ${path}`
    case 'fifo':
      return `mkfifo ${path}`
    case 'socket':
      // Listens at what /dev/log points to.
      return `ln -s ${path} /dev/log; syslogd; while ! [ -S ${path} ]; do sleep 0.01; done`
    case 'mode':
      return `chmod ${step.mode.toString(8)} ${path}`
    default:
      return assertNever(step)
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function octal(hex: string): string {
  return [...Buffer.from(hex, 'hex')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
}
