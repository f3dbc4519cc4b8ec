import { Readable } from 'node:stream'
import type { Builder } from '@orchestrate/execute'
import { packTar } from 'modern-tar'
import { packTar as packDirectory } from 'modern-tar/fs'
import { isRoot } from './is-root.ts'
import { textAt } from './json-value.ts'
import type { MountLayout } from './lay-out-mounts.ts'
import { builderLabels, containerName } from './names.ts'
import { removeContainer } from './remove.ts'
import type { DockerSession } from './session.ts'

/**
 * Puts into a builder's volumes what must be there before it starts: copies of views, and what a uid other than 0 may
 * write to. It goes through a container that mounts nothing but these volumes and is never started, because the builder's own
 * mounts may hide them behind read-only ones.
 */
export async function fillVolumes(
  session: DockerSession,
  builder: Builder,
  filling: { readonly image: string; readonly layout: MountLayout },
  signal: AbortSignal,
): Promise<void> {
  const { image, layout } = filling
  const opened = isRoot(builder.user) ? [] : [...layout.writable, ...layout.copies.map(({ volume }) => volume)]
  const volumes = [...new Set([...layout.copies.map(({ volume }) => volume), ...opened])]
  if (volumes.length === 0) return
  signal.throwIfAborted()
  const helper = await createHelper(session, builder, { image, volumes })
  try {
    for (const { volume, source } of layout.copies) {
      const more = opened.includes(volume) ? ANYBODY_WRITES : 0
      await putCopy(session, { helper, path: placeOf(volume), source, more }, signal)
    }
    if (opened.length > 0) await putOpenRoots(session, { helper, places: opened.map(placeOf) }, signal)
  } finally {
    await removeContainer(session, helper)
  }
}

/** Permission bits that a copy gets besides its own, for a builder whose uid is not its owner's. */
const ANYBODY_WRITES = 0o222

function placeOf(volume: string): string {
  return `/orchestrate-volumes/${volume}`
}

/** Not to be cut off: it would be made all the same. */
async function createHelper(
  session: DockerSession,
  builder: Builder,
  options: { readonly image: string; readonly volumes: readonly string[] },
): Promise<string> {
  const answer = await session.api.json({
    method: 'POST',
    path: '/containers/create',
    query: { name: `${containerName(builder)}-fill` },
    body: {
      Image: options.image,
      Entrypoint: [],
      Cmd: ['never-started'],
      Labels: builderLabels(builder),
      HostConfig: {
        NetworkMode: 'none',
        Mounts: options.volumes.map((volume) => ({
          Type: 'volume',
          Source: volume,
          Target: placeOf(volume),
          VolumeOptions: { NoCopy: true, Labels: builderLabels(builder) },
        })),
      },
    },
  })
  return textAt(answer, 'Id')
}

async function putCopy(
  session: DockerSession,
  copy: { readonly helper: string; readonly path: string; readonly source: string; readonly more: number },
  signal: AbortSignal,
): Promise<void> {
  const upload = packDirectory(copy.source, {
    map: (header) => ({ ...header, mode: (header.mode ?? 0o444) | copy.more, uid: 0, gid: 0, uname: '', gname: '' }),
  })
  await session.api.json({
    method: 'PUT',
    path: `/containers/${copy.helper}/archive`,
    query: { path: copy.path },
    upload,
    signal,
    deadline: COPY_DEADLINE,
  })
}

/** Milliseconds; views of some gigabytes are copied in minutes. */
const COPY_DEADLINE = 10 * 60_000

async function putOpenRoots(
  session: DockerSession,
  roots: { readonly helper: string; readonly places: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const directories = roots.places.map((place) => ({
    name: `${place.slice(1)}/`,
    type: 'directory' as const,
    mode: 0o777,
    size: 0,
    mtime: new Date(0),
  }))
  const archive = await packTar(directories.map((header) => ({ header })))
  await session.api.json({
    method: 'PUT',
    path: `/containers/${roots.helper}/archive`,
    query: { path: '/' },
    upload: Readable.from([archive]),
    signal,
  })
}
