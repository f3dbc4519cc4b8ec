import { isAbsolute, join } from 'node:path'
import { err, ok, type Result } from '@orchestrate/core'
import { createImageEmitter, openLayoutImage, type ReadableImage } from '@orchestrate/image'
import type { ImageRecord } from '@orchestrate/store'
import type { Invocation } from './invocation.ts'
import type { PlannedWorkspace } from './plan-workspace.ts'
import type { Session } from './session.ts'
import { nameTarget } from './name-target.ts'
import { type Stop, trouble } from './stop.ts'

/** An image that was named on the command line. */
export interface NamedImage {
  readonly name: string
  readonly image: ReadableImage
  readonly toolchainBytes: number | null
  /** Whether it is what the workspace would emit now; null for one of elsewhere. */
  readonly upToDate: boolean | null
}

/** What a service emitted last, or `oci:DIR[:REFERENCE]`. */
export async function readImage(
  name: string,
  { invocation, session, planned }: { readonly invocation: Invocation; readonly session: Session; readonly planned: PlannedWorkspace },
): Promise<Result<NamedImage, Stop>> {
  if (name.startsWith('oci:')) return readLayout(name, invocation)
  return readEmitted(name, session, planned)
}

async function readLayout(name: string, { directory }: Invocation): Promise<Result<NamedImage, Stop>> {
  const [, path = '', reference = null] = /^oci:([^:]+)(?::(.+))?$/.exec(name) ?? []
  if (path === '') return err({ kind: 'usage', message: `"${name}" names no directory`, help: 'write oci:DIR or oci:DIR:REFERENCE' })
  const opened = await openLayoutImage(isAbsolute(path) ? path : join(directory, path), reference)
  return opened.ok ? ok({ name, image: opened.value, toolchainBytes: null, upToDate: null }) : err(trouble(opened.error))
}

async function readEmitted(
  name: string,
  { store, state }: Session,
  { plan, workspace }: PlannedWorkspace,
): Promise<Result<NamedImage, Stop>> {
  const target = [...plan.targets.values()].find(({ kind, service }) => kind === 'image' && service === name)
  if (target === undefined && !workspace.services.has(name)) return err(nameTarget(name, [...workspace.services.keys()]))
  if (target === undefined) return err({ kind: 'usage', message: `service "${name}" has no image`, help: 'it has builds alone' })
  const good = state.history.lastGood(target.id)
  const record = target.record ?? (good === null ? null : await store.records.get(good.fingerprint))
  const image = record?.kind === 'image' ? await createImageEmitter({ store }).reopen(record) : null
  if (record === null || image === null) {
    const help = `emit it with \`orchestrate apply ${name}\``
    return err({ kind: 'usage', message: `the store has no image of service "${name}"`, help })
  }
  return ok({ name, image, toolchainBytes: toolchainBytesOf(record), upToDate: target.decision === 'current' })
}

const toolchainBytesOf = (record: { readonly kind: string } & Partial<Pick<ImageRecord, 'toolchainBytes'>>): number | null =>
  record.toolchainBytes ?? null
