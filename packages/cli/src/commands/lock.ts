import { updateLock } from '@orchestrate/toolchain'
import { closest } from '@orchestrate/core'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { handleInterrupts } from '../interrupts.ts'
import { decideEngine, readEngineChoice } from '../engine-choice.ts'
import { surroundingsOf } from '../connected-engine.ts'
import { openDockerConnection } from '../docker-connection.ts'
import { engineOf, openEngines } from '../engines.ts'
import { openToolchains } from '../open-toolchains.ts'
import { readDeclared } from '../plan-workspace.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { type Stop, stopCommand, trouble } from '../stop.ts'
import { refuseLock, type WorkspaceLock } from '../workspace-lock.ts'

export interface LockOptions {
  readonly check: boolean
  /** Names of toolchains to resolve again. */
  readonly update: readonly string[]
  /** As typed; null when it was not. */
  readonly engine: string | null
}

/** `orchestrate lock`: pins every toolchain and base in builder.lock. */
export async function lock(invocation: Invocation, options: LockOptions): Promise<ExitCode> {
  const { host } = invocation
  using interrupts = handleInterrupts(process, (message) => host.stderr.write(`${message}\n`))
  const told = readEngineChoice(invocation, options.engine)
  if (!told.ok) return stopCommand(invocation, told.error)
  const opened = await openSession(invocation, { staged: false })
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const declared = await readDeclared(session, interrupts.stop)
  if (!declared.ok) return interrupts.exitCode() ?? stopCommand(invocation, declared.error)
  const refused = options.check ? refuseLock(declared.value.lock, { complete: true }) : unknownName(declared.value.lock, options.update)
  if (refused !== null) return stopCommand(invocation, refused)
  if (options.check) {
    host.stderr.write(UP_TO_DATE)
    return EXIT.done
  }
  const surroundings = surroundingsOf(host, session.store.root)
  await using engines = openEngines({
    surroundings,
    docker: openDockerConnection(surroundings, interrupts.stop),
    choice: decideEngine(told.value, declared.value.graph.workspace.engine),
    signal: interrupts.stop,
    onChosen: () => undefined,
  })
  const { locked, declarations } = declared.value.lock
  const { toolchains, file } = openToolchains({
    invocation,
    session,
    lock: declared.value.lock,
    engine: () => engineOf(engines.chosenDocker()),
    locked: false,
  })
  const changes = await updateLock({
    locked,
    declarations,
    update: new Set(options.update),
    file,
    resolve: (declaration, how) => toolchains.resolve(declaration, how),
    progress: (toolchain, message) => host.stderr.write(`toolchain:${toolchain}  ${message}\n`),
    signal: interrupts.stop,
  })
  if (!changes.ok) return interrupts.exitCode() ?? stopCommand(invocation, trouble(changes.error))
  for (const change of changes.value) {
    host.stdout.write(
      `${change.kind} ${change.toolchain}\n${change.kind === 'updated' ? change.packages.map((line) => `  ${line}\n`).join('') : ''}`,
    )
  }
  if (changes.value.length === 0) host.stderr.write(UP_TO_DATE)
  return EXIT.done
}

const UP_TO_DATE = 'builder.lock is up to date\n'

function unknownName({ declarations }: WorkspaceLock, names: readonly string[]): Stop | null {
  const known = declarations.map((declaration) => declaration.name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return null
  const near = closest(unknown, known)
  return {
    kind: 'usage',
    message: `no toolchain "${unknown}"`,
    help: near === null ? `the workspace has: ${known.join(', ')}` : `did you mean "${near}"?`,
  }
}
