import { environmentError } from '@orchestrate/core'
import { compareImages, inspectImage, TarFormatError } from '@orchestrate/image'
import { renderImage, renderImageDifference } from '@orchestrate/report'
import { IntegrityError } from '@orchestrate/store'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { handleInterrupts } from '../interrupts.ts'
import type { Invocation } from '../invocation.ts'
import { planWorkspace } from '../plan-workspace.ts'
import { readImage } from '../read-image.ts'
import { openSession } from '../session.ts'
import { stopCommand, trouble } from '../stop.ts'

export interface ImageOptions {
  /** A service, or `oci:DIR[:REFERENCE]`. */
  readonly image: string
  /** What it is compared with, likewise; null shows the image itself. */
  readonly diff: string | null
  readonly files: boolean
  readonly json: boolean
}

/** `orchestrate image`: what an emitted image is made of, or how it differs from another one. Needs no engine. */
export async function image(invocation: Invocation, options: ImageOptions): Promise<ExitCode> {
  using interrupts = handleInterrupts(process, () => {})
  const opened = await openSession(invocation, { staged: false })
  if (!opened.ok) return stopCommand(invocation, opened.error)
  await using session = opened.value
  const planned = await planWorkspace(session, { services: [], force: false, locked: false, signal: interrupts.stop })
  if (!planned.ok) return stopCommand(invocation, planned.error)
  const where = { invocation, session, planned: planned.value }
  const named = await readImage(options.image, where)
  if (!named.ok) return stopCommand(invocation, named.error)
  const other = options.diff === null ? null : await readImage(options.diff, where)
  if (other?.ok === false) return stopCommand(invocation, other.error)
  const { stdout, stderr } = invocation.host
  const color = invocation.colorOf(stdout)
  if (named.value.upToDate === false) stderr.write(`the image of "${options.image}" is not up to date: this is what was emitted last\n`)
  try {
    const contents = await inspectImage(named.value.image, interrupts.stop)
    if (other === null) {
      const { name, toolchainBytes } = named.value
      const view = { reference: name, contents, toolchainBytes, files: options.files }
      stdout.write(options.json ? `${JSON.stringify({ schemaVersion: 1, ...contents, toolchainBytes })}\n` : renderImage(view, { color }))
      return EXIT.done
    }
    const difference = compareImages(await inspectImage(other.value.image, interrupts.stop), contents)
    stdout.write(options.json ? `${JSON.stringify({ schemaVersion: 1, ...difference })}\n` : renderImageDifference(difference, { color }))
    return EXIT.done
  } catch (error) {
    if (interrupts.stop.aborted) return interrupts.exitCode() ?? EXIT.interrupted
    if (!(error instanceof IntegrityError) && !(error instanceof TarFormatError)) throw error
    return stopCommand(invocation, trouble(unreadable(error)))
  }
}

const unreadable = ({ message }: Error): ReturnType<typeof environmentError> =>
  environmentError({
    kind: 'integrity',
    id: 'image/not-readable',
    message: `a layer cannot be read: ${message}`,
    help: 'emit it again with `orchestrate apply`',
  })
