// What the embedded engine takes from Debian: no daemon, nothing that has to be started.
import { findCommand } from './commands.mjs'

const isRoot = process.getuid?.() === 0

/**
 * A runtime, an init and, for an ordinary user, the helpers that map its subordinate ids: packages by command.
 * The engine does without an init: a user that cannot install one is not asked to.
 * @returns {(readonly [string, string])[]}
 */
export function embeddedCommands() {
  return [
    ...(findCommand('crun') !== null || findCommand('runc') !== null ? [] : [['crun', 'crun']]),
    ...(isRoot ? [['catatonit', 'catatonit']] : [['newuidmap', 'uidmap']]),
  ]
}

/** What tests of the engine need: both runtimes, ordinary users, and programs that are linked statically to misbehave anywhere. */
export const embeddedTestCommands = [
  ['crun', 'crun'],
  ['runc', 'runc'],
  ['newuidmap', 'uidmap'],
  ['catatonit', 'catatonit'],
  ['useradd', 'passwd'],
  ['setpriv', 'util-linux'],
  ['ps', 'procps'],
  ['gcc', 'gcc'],
  [`/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/libc.a`, 'libc6-dev'],
]
