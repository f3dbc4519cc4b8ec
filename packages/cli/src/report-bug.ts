import { EXIT, type ExitCode } from './exit-code.ts'
import type { Host } from './host.ts'

/** The one place where an exception ends: it is a bug of ours, said so without a stack trace unless asked for. */
export function reportBug(error: unknown, host: Host): ExitCode {
  const message = error instanceof Error ? error.message : String(error)
  host.stderr.write(
    `error[bug]: ${message}\n  = help: this is a bug in orchestrate; please report it with the output of ORCHESTRATE_DEBUG=1\n`,
  )
  if ((host.env['ORCHESTRATE_DEBUG'] ?? '') !== '' && error instanceof Error) host.stderr.write(`${error.stack ?? ''}\n`)
  return EXIT.bug
}
