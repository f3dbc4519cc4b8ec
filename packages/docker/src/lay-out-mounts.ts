import type { Builder, BuilderMount } from '@orchestrate/execute'
import { HOST_CERTIFICATES_PATH } from '@orchestrate/execute'
import { isRoot } from './is-root.ts'
import { provideLoopbackNames } from './loopback-names.ts'
import { textAt } from './json-value.ts'
import { builderLabels, cacheLabels, cacheVolumeName, type Labels, volumeName } from './names.ts'
import type { DockerSession } from './session.ts'

/** One element of HostConfig.Mounts. */
export type DockerMount =
  | {
      readonly Type: 'bind'
      readonly Source: string
      readonly Target: string
      readonly ReadOnly: boolean
      readonly BindOptions: { readonly Propagation: 'rprivate' }
    }
  | {
      readonly Type: 'volume'
      readonly Source: string
      readonly Target: string
      readonly VolumeOptions: { readonly NoCopy: true; readonly Labels: Labels; readonly DriverConfig?: VolumeDriver }
    }

interface VolumeDriver {
  readonly Name: 'local'
  readonly Options: { readonly [name: string]: string }
}

/** What a builder's container mounts, and what must be in its volumes before it starts. */
export interface MountLayout {
  /** Outer before inner. */
  readonly mounts: readonly DockerMount[]
  /** Volumes that must go when the builder goes. */
  readonly volumes: readonly string[]
  /** Views that are copied into volumes: the engine lays no writable layer over them, or the builder's uid could not write to it. */
  readonly copies: readonly { readonly volume: string; readonly source: string }[]
  /** Volumes whose root a builder with another uid than 0 must be able to write to. */
  readonly writable: readonly string[]
  readonly usesOverlay: boolean
  /** False when a builder without a network needs /etc/hosts from the engine. */
  readonly bareNetwork: boolean
}

const HOSTS_PATH = '/etc/hosts'

/** Makes the volumes that must exist before the container and describes the rest. */
export async function layOutMounts(session: DockerSession, builder: Builder, signal: AbortSignal): Promise<MountLayout> {
  const labels = builderLabels(builder)
  const out = volumeName(builder, 'out')
  const views = await Promise.all(builder.mounts.map((mount, index) => layOutView(session, builder, { mount, index, signal })))
  const caches = builder.caches.map(({ key, to }) => ({
    volume: cacheVolumeName(key),
    mount: volumeMount(cacheVolumeName(key), to, cacheLabels(key)),
  }))
  const names = builder.network === 'off' ? provideLoopbackNames(session.spoolDirectory) : null
  const ownNames = builder.mounts.some(({ to }) => to === HOSTS_PATH)
  const mounts = [
    ...views.map(({ mount }) => mount),
    volumeMount(out, '/out', labels),
    ...caches.map(({ mount }) => mount),
    ...(names === null || ownNames ? [] : [bindMount(names, HOSTS_PATH, 'read-only')]),
    ...(builder.certificates === null ? [] : [bindMount(builder.certificates, HOST_CERTIFICATES_PATH, 'read-only')]),
  ]
  return {
    mounts,
    volumes: [out, ...views.flatMap(({ volumes }) => volumes)],
    copies: views.flatMap(({ copies }) => copies),
    writable: [out, ...caches.map(({ volume }) => volume)],
    usesOverlay: session.overlay && isRoot(builder.user) && builder.mounts.some(isThrowAwayDirectory),
    bareNetwork: names !== null,
  }
}

interface ViewLayout {
  readonly mount: DockerMount
  readonly volumes: readonly string[]
  readonly copies: MountLayout['copies']
}

interface ViewRequest {
  readonly mount: BuilderMount
  readonly index: number
  readonly signal: AbortSignal
}

async function layOutView(session: DockerSession, builder: Builder, request: ViewRequest): Promise<ViewLayout> {
  const { mount, index } = request
  // A throw-away file is a private copy already.
  if (!isThrowAwayDirectory(mount)) return { mount: bindMount(mount.source, mount.to, mount.access), volumes: [], copies: [] }
  const labels = builderLabels(builder)
  const view = volumeName(builder, `view-${index}`)
  if (!session.overlay || !isRoot(builder.user))
    return { mount: volumeMount(view, mount.to, labels), volumes: [view], copies: [{ volume: view, source: mount.source }] }
  const [upper, work] = await Promise.all(
    ['upper', 'work'].map((role) => createVolume(session, volumeName(builder, `${role}-${index}`), labels, request.signal)),
  )
  if (upper === undefined || work === undefined) throw new Error('two volumes were asked for')
  const options = `lowerdir=${escapeOverlay(mount.source)},upperdir=${escapeOverlay(upper.mountpoint)},workdir=${escapeOverlay(work.mountpoint)}`
  const driver: VolumeDriver = { Name: 'local', Options: { type: 'overlay', device: 'overlay', o: options } }
  return { mount: volumeMount(view, mount.to, labels, driver), volumes: [view, upper.name, work.name], copies: [] }
}

function isThrowAwayDirectory(mount: BuilderMount): boolean {
  return mount.access === 'throw-away' && mount.kind === 'directory'
}

function bindMount(source: string, target: string, access: BuilderMount['access']): DockerMount {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: access === 'read-only', BindOptions: { Propagation: 'rprivate' } }
}

function volumeMount(name: string, target: string, labels: Labels, driver?: VolumeDriver): DockerMount {
  const options = { NoCopy: true, Labels: labels } as const
  return {
    Type: 'volume',
    Source: name,
    Target: target,
    VolumeOptions: driver === undefined ? options : { ...options, DriverConfig: driver },
  }
}

async function createVolume(
  session: DockerSession,
  name: string,
  labels: Labels,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly mountpoint: string }> {
  const answer = await session.api.json({
    method: 'POST',
    path: '/volumes/create',
    body: { Name: name, Driver: 'local', Labels: labels },
    signal,
  })
  return { name, mountpoint: textAt(answer, 'Mountpoint') }
}

/**
 * `:` separates lower directories and `,` options.
 * @see https://docs.kernel.org/filesystems/overlayfs.html
 */
function escapeOverlay(path: string): string {
  return path.replace(/[\\:,]/g, '\\$&')
}
