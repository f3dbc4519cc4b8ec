import { compareCodeUnits } from '@orchestrate/core'

/** What went wrong in a bootstrap, as far as mmdebstrap, apt and dpkg say. */
export type BootstrapProblem =
  /** Packages of the base have newer versions by now. */
  | { readonly kind: 'base-outdated' }
  /** By package of the wanted versions: what the mirror has, newest first. Some wanted version is not among them. */
  | { readonly kind: 'versions-gone'; readonly available: ReadonlyMap<string, readonly string[]> }
  | { readonly kind: 'unknown-packages'; readonly packages: readonly string[]; readonly known: readonly string[] }
  | { readonly kind: 'unknown-suite'; readonly repository: string }
  | { readonly kind: 'unreachable'; readonly address: string; readonly reason: string }
  | { readonly kind: 'untrusted'; readonly reason: string }
  | { readonly kind: 'disk-full' }
  /** This user may not make the namespaces of a bootstrap; `line` is what said so. */
  | {
      readonly kind: 'not-permitted'
      readonly missing: 'user-namespaces' | 'subordinate-ids' | 'uidmap' | 'map-auto' | null
      readonly line: string
    }
  | { readonly kind: 'tool-missing'; readonly tool: string }
  | { readonly kind: 'unsatisfiable'; readonly lines: readonly string[] }
  | { readonly kind: 'other'; readonly lines: readonly string[] }

/** What a bootstrap says on standard error, read line by line. */
export interface BootstrapLog {
  push(line: string): void
  /** Every installed package with its version, sorted by name. */
  versions(): ReadonlyMap<string, string>
  /** Why it failed; to be asked only when it did. */
  problem(): BootstrapProblem
}

const KEPT_LINES = 200
const SHOWN_LINES = 10

/** Reads the outputs of mmdebstrap 1.x and apt 2.x, of which the tests hold recordings. */
export function createBootstrapLog(): BootstrapLog {
  const lines: string[] = []
  const versions: [string, string][] = []
  const available = new Map<string, string[]>()
  const known: string[] = []
  return {
    push(line) {
      const [mark, kind, name, version] = line.split(' ')
      if (mark === 'orchestrate' && kind === 'package' && name !== undefined && version !== undefined) versions.push([name, version])
      else if (mark === 'orchestrate' && kind === 'available' && name !== undefined && version !== undefined)
        append(available, name, version)
      else if (mark === 'orchestrate' && kind === 'name' && name !== undefined) known.push(name)
      else keep(lines, line)
    },
    versions: () => new Map(versions.toSorted(([a], [b]) => compareCodeUnits(a, b))),
    problem: () => problemIn(lines, available, known),
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line)
  if (lines.length > KEPT_LINES) lines.shift()
}

function append(available: Map<string, string[]>, name: string, version: string): void {
  const known = available.get(name)
  if (known === undefined) available.set(name, [version])
  else if (!known.includes(version)) known.push(version)
}

function problemIn(
  lines: readonly string[],
  available: ReadonlyMap<string, readonly string[]>,
  known: readonly string[],
): BootstrapProblem {
  if (lines.includes('orchestrate base-outdated')) return { kind: 'base-outdated' }
  const refused = namespaceProblem(lines)
  if (refused !== null) return refused
  if (lines.some((line) => line.includes('No space left on device'))) return { kind: 'disk-full' }
  const unknown = matches(lines, /^E: Unable to locate package (\S+)/).map(([, name]) => name ?? '')
  const gone = matches(lines, /^E: Version '.*' for '.*' was not found/)
  if (gone.length > 0 || (unknown.length > 0 && available.size > 0)) return { kind: 'versions-gone', available }
  if (unknown.length > 0) return { kind: 'unknown-packages', packages: [...new Set(unknown)], known }
  return mirrorProblem(lines) ?? hostProblem(lines) ?? { kind: 'other', lines: tellingLines(lines) }
}

function mirrorProblem(lines: readonly string[]): BootstrapProblem | null {
  const [suite] = matches(lines, /^E: The repository '(.*?) Release' does not have a Release file/)
  const [unreachable] = matches(lines, /^E: Failed to fetch (\S+)\s+(.*)$/)
  const [untrusted] = matches(
    lines,
    /^[WE]: (.*(?:NO_PUBKEY|is not signed|public key is not available|EXPKEYSIG|not valid yet|is expired).*)$/,
  )
  if (untrusted !== undefined) return { kind: 'untrusted', reason: untrusted[1] ?? '' }
  if (suite !== undefined) return { kind: 'unknown-suite', repository: suite[1] ?? '' }
  if (unreachable !== undefined) return { kind: 'unreachable', address: unreachable[1] ?? '', reason: unreachable[2] ?? '' }
  return null
}

/** What unshare and newuidmap of Debian 12 to 14 and Ubuntu 22.04 to 26.04 say; a full table of namespaces reads like a full disk. */
const REFUSALS: readonly (readonly [RegExp, 'user-namespaces' | 'subordinate-ids' | 'uidmap' | 'map-auto'])[] = [
  [/^unshare: no line matching user .* in \/etc\/sub[ug]id/, 'subordinate-ids'],
  [/^new[ug]idmap: [ug]id range .* not allowed/, 'subordinate-ids'],
  [/^unshare: failed to execute new[ug]idmap/, 'uidmap'],
  [/^unshare: unrecognized option '--map-auto'/, 'map-auto'],
  [/^unshare: unshare failed: (?:Operation not permitted|No space left on device|Invalid argument)/, 'user-namespaces'],
  [/^(?:unshare: write failed \/proc\/|new[ug]idmap: write to [ug]id_map failed)/, 'user-namespaces'],
]

function namespaceProblem(lines: readonly string[]): BootstrapProblem | null {
  for (const [pattern, missing] of REFUSALS) {
    const line = lines.find((text) => pattern.test(text))
    if (line !== undefined) return { kind: 'not-permitted', missing, line }
  }
  return null
}

function hostProblem(lines: readonly string[]): BootstrapProblem | null {
  const denied = /unable to pick chroot mode automatically|(?:mount|mknod).*: Operation not permitted/
  const refused = lines.find((line) => denied.test(line))
  if (refused !== undefined) return { kind: 'not-permitted', missing: null, line: refused }
  const [missing] = matches(
    lines,
    /^E: cannot find (\S+)$|^sh: \d+: exec: (\S+): not found$|^setpriv: failed to execute (\S+): No such file/,
  )
  if (missing !== undefined) return { kind: 'tool-missing', tool: missing[1] ?? missing[2] ?? missing[3] ?? '' }
  if (lines.some((line) => line.includes('unmet dependencies') || line.includes('held broken packages'))) {
    return {
      kind: 'unsatisfiable',
      lines: lines.filter((line) => /^ \S+ : |^ {2,}.*(?:Depends|Conflicts|Breaks|Recommends)/.test(line)).slice(0, SHOWN_LINES),
    }
  }
  return null
}

function matches(lines: readonly string[], pattern: RegExp): readonly RegExpExecArray[] {
  return lines.map((line) => pattern.exec(line)).filter((match) => match !== null)
}

/** The errors, or else the last lines. */
function tellingLines(lines: readonly string[]): readonly string[] {
  const errors = lines.filter(
    (line) =>
      /^(?:E|dpkg|chroot|tar|Err):/.test(line) && !line.includes('mmdebstrap failed to run') && !line.startsWith('E: command failed'),
  )
  return (errors.length > 0 ? errors : lines).slice(-SHOWN_LINES)
}
