import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The programs that an engine needs besides a runtime. */
const TOOLS = ['git', 'mount', 'rm', 'setpriv', 'sh', 'sleep', 'unshare']

/** How a runtime of a test behaves: shell commands for each of its two uses. */
export interface Behaviour {
  /** Answers `--version`. */
  readonly version?: string
  /** Runs a container; `$LOG` is its log file, `$BUNDLE` the container's directory, `"$@"` all arguments. */
  readonly run?: string
}

/** Writes a program that takes a runtime's arguments and does as it is told. */
export function writeRuntime(path: string, { version, run }: Behaviour): void {
  const script = `#!/bin/sh
if [ "$1" = --version ]; then
${version ?? 'echo "crun version 1.8.1"'}
exit
fi
LOG= BUNDLE= last=
for word; do
  case $last in --log) LOG=$word ;; --bundle) BUNDLE=$word ;; esac
  last=$word
done
${run ?? 'exit 1'}
`
  writeFileSync(path, script)
  chmodSync(path, 0o755)
}

/** A directory for PATH with the tools of this machine but no runtime. */
export function toolsWithoutRuntime(directory: string): string {
  mkdirSync(directory)
  for (const tool of TOOLS) symlinkSync(join('/usr/bin', tool), join(directory, tool))
  return directory
}
