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
  | { readonly do: 'print-file'; readonly path: string }
  /** Names in a directory, one a line, sorted. */
  | { readonly do: 'list'; readonly path: string }
  | { readonly do: 'write'; readonly path: string; readonly text: string; readonly executable?: boolean }
  /** Prints `written` or `refused`. */
  | { readonly do: 'try-write'; readonly path: string }
  | { readonly do: 'directory'; readonly path: string }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string }
  /** Prints uid, working directory and host name, one a line. */
  | { readonly do: 'print-world' }
  /** Prints every variable, sorted, one a line. Only as the sole step. */
  | { readonly do: 'print-environment' }
  /** Prints `ready`, then waits to be asked to stop, and exits with 7. */
  | { readonly do: 'wait-for-stop' }
  /** Prints `ready`, then ignores every request to stop. */
  | { readonly do: 'never-end' }
  | { readonly do: 'exit'; readonly code: number }

/** The argv that does `steps` in a root file system that has a POSIX shell and busybox or coreutils. */
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
    case 'print-file':
      return `cat ${quote(step.path)}`
    case 'list':
      return `ls -1A ${quote(step.path)}`
    case 'write':
      return `printf %s ${quote(step.text)} > ${quote(step.path)}${step.executable === true ? `; chmod +x ${quote(step.path)}` : ''}`
    case 'try-write':
      return `if (: > ${quote(step.path)}) 2>/dev/null; then echo written; else echo refused; fi`
    case 'directory':
      return `mkdir ${quote(step.path)}`
    case 'symlink':
      return `ln -s ${quote(step.target)} ${quote(step.path)}`
    case 'print-world':
      return 'id -u; pwd; hostname'
    case 'print-environment':
      throw new Error('the environment is printed by a command of its own')
    case 'wait-for-stop':
      return "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"
    case 'never-end':
      return "trap '' TERM; echo ready; while :; do sleep 1; done"
    case 'exit':
      return `exit ${step.code}`
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
