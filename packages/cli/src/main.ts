import { VERSION } from './version.ts'

/** Answers `--version` before anything else is loaded; every command is loaded only when it is called. */
const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`)
} else {
  const { runProgram } = await import('./program.ts')
  process.exitCode = await runProgram(process, VERSION)
}
