import { VERSION } from './version.ts'

/** Answers `--version` before anything else is loaded; every command is loaded only when it is called. */
const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`)
} else {
  // Not awaited here: the bundle is of CommonJS modules, which start faster and cannot wait.
  void run()
}

async function run(): Promise<void> {
  const { runProgram } = await import('./program.ts')
  process.exitCode = await runProgram(process, VERSION)
}
