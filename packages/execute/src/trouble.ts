import { type EnvironmentError, environmentError, type Failure, failure, formatBytes, type TargetId } from '@orchestrate/core'
import type { Expired } from './watch-builder.ts'

/** A command that ended with another exit code than 0, or could not be started. */
export function exited(
  exit: {
    readonly code: number
    readonly startError: string | null
    readonly unknownUser: string | null
    readonly outOfMemory: boolean
  },
  context: ExitContext,
): Failure {
  const help = networkHint(context)
  if (exit.outOfMemory) {
    return failure({
      id: 'build/out-of-memory',
      message:
        context.memory === null
          ? `the builder ran out of memory (exit code ${exit.code})`
          : `the kernel killed a process of the builder: memory limit ${formatBytes(context.memory)} (exit code ${exit.code})`,
      help:
        context.memory === null
          ? 'give the engine more memory, or lower the parallelism of the command'
          : 'raise "resources.memory" of the build, or lower the parallelism of the command',
    })
  }
  if (exit.unknownUser !== null) {
    return failure({
      id: 'build/unknown-user',
      message: `toolchain "${context.toolchain}" has no user or group "${exit.unknownUser}"`,
      help: 'write a uid, or add the package that brings the user to the toolchain',
    })
  }
  if (exit.code === 127) return commandNotFound(exit.startError, context)
  if (exit.code === 126) {
    return failure({
      id: 'build/not-executable',
      message: `the command cannot be executed (exit code 126)`,
      details: detail(exit.startError),
      help: 'check its mode bits, its interpreter line and its architecture',
    })
  }
  if (exit.code > 128 && exit.code <= 128 + 64) {
    return failure({ id: 'build/exited', message: `the command was killed by signal ${exit.code - 128} (exit code ${exit.code})`, help })
  }
  return failure({ id: 'build/exited', message: `the command exited with code ${exit.code}`, help })
}

export interface ExitContext {
  readonly toolchain: string
  readonly networkOff: boolean
  /** Its memory limit, bytes; null when it has none. */
  readonly memory: number | null
  readonly tail: readonly string[]
}

function commandNotFound(startError: string | null, context: ExitContext): Failure {
  return failure({
    id: 'build/command-not-found',
    message: 'a command was not found (exit code 127)',
    details: detail(startError),
    help: `add the package that holds it to toolchain "${context.toolchain}", or correct its name`,
  })
}

const detail = (text: string | null): readonly string[] => (text === null ? [] : [text])

/** What resolvers and socket calls of common tools say when there is no network. A hint for people, never a decision. */
const NETWORK_WORDS =
  /network is unreachable|name resolution|(could not|unable to|failure) resolv|no such host|unknown ?host|bad address|EAI_AGAIN|ENETUNREACH|getaddrinfo|name or service not known|connection refused.*proxy|dial tcp/i

function networkHint(context: ExitContext): string | null {
  if (!context.networkOff || !context.tail.some((line) => NETWORK_WORDS.test(line))) return null
  return 'builders have no network unless the build says "network: on"; put downloads into a build of their own and need its output'
}

export function outputMissing(missing: readonly string[], found: readonly string[]): Failure {
  const names = missing.map((output) => `"${output}"`).join(', ')
  return failure({
    id: 'build/output-missing',
    message:
      missing.length === 1
        ? `the output ${names} was not there after the command had succeeded`
        : `the outputs ${names} were not there after the command had succeeded`,
    details: found.length === 0 ? ['/out was empty'] : ['/out held:', ...found.map((path) => `  ${path}`)],
    help: 'let the command write it under /out, or correct "outputs"',
  })
}

/** A command that was ended because one of its deadlines had passed. */
export function timedOut({ limit, duration }: Expired): Failure {
  return failure({
    id: 'build/timed-out',
    message:
      limit === 'timeout'
        ? `the command was still running after ${duration.text}, its "timeout"`
        : `the command wrote nothing for ${duration.text}, its "silence" timeout`,
    help: `see in the log what it waited for; raise "${limit}" of the build when it needs that long`,
  })
}

export function inputsChanged(paths: readonly string[]): Failure {
  return failure({
    id: 'inputs/changed',
    message: `an input changed again while it was read: "${paths[0] ?? ''}"`,
    details: paths.slice(1, 10),
    help: 'run again when nothing writes to it',
  })
}

export function gateFailed(gate: TargetId): Failure {
  return failure({ id: 'image/blocked', message: `the check "${gate}" has not succeeded`, help: `see the failure of "${gate}"` })
}

export function needFailed(need: TargetId): Failure {
  return failure({ id: 'build/need-failed', message: `needs "${need}", which was not built` })
}

export function artifactLost(need: TargetId): EnvironmentError {
  return environmentError({
    kind: 'integrity',
    id: 'store/artifact-lost',
    message: `the artifact of "${need}" vanished from the store during the run`,
    help: 'run again; it will be rebuilt',
  })
}

export function outputsLost(cause: Error): EnvironmentError {
  return environmentError({
    id: 'engine/outputs-lost',
    message: `the engine broke off while it gave the outputs: ${reasonOf(cause)}`,
    help: 'see whether the engine is still running, and run again',
  })
}

const reasonOf = (error: Error): string => (error.cause instanceof Error ? error.cause.message : error.message)
