import { assertNever } from '@orchestrate/core'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Invocation } from '../invocation.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

/** `orchestrate completion`: what a shell has to read to complete our words. */
export function completion({ host }: Invocation, shell: Shell): ExitCode {
  host.stdout.write(scriptFor(shell))
  return EXIT.done
}

function scriptFor(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return BASH
    case 'zsh':
      return ZSH
    case 'fish':
      return FISH
    default:
      return assertNever(shell)
  }
}

/** Bash takes words apart at colons; the line is read instead, and what it has typed already is not offered again. */
const BASH = `# eval "$(orchestrate completion bash)"
_orchestrate() {
  local line=\${COMP_LINE:0:COMP_POINT} words current
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]} - 1]}
  mapfile -t COMPREPLY < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
  [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${current%:*}:"}")
  return 0
}
complete -o default -F _orchestrate orchestrate
`

const ZSH = `#compdef orchestrate
# eval "$(orchestrate completion zsh)"
_orchestrate() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=("\${(@)candidates:#}")
  if (( \${#candidates} )); then compadd -- "\${(@)candidates}"; else _files; fi
}
compdef _orchestrate orchestrate
`

const FISH = `# orchestrate completion fish | source
function __orchestrate_complete
  set -l words (commandline -opc)
  set -l program $words[1]
  set -e words[1]
  $program complete -- $words (commandline -ct) 2>/dev/null
end
complete -c orchestrate -f -a '(__orchestrate_complete)'
`
