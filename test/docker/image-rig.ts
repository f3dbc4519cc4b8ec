import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Image } from '@orchestrate/config'
import { systemClock } from '@orchestrate/core'
import type { EmissionFile, EmissionRequest, EmittedImage, RootFilesystem } from '@orchestrate/execute'
import { createImageEmitter } from '@orchestrate/image'
import { openStore, type Store } from '@orchestrate/store'
import { busyboxRoot } from '@orchestrate/testkit'

/** A store and an emitter of their own, and a busybox base; removed on dispose. */
export interface ImageRig extends AsyncDisposable {
  readonly directory: string
  readonly store: Store
  readonly base: RootFilesystem
  emit(request: {
    readonly image?: Partial<Image>
    readonly base?: RootFilesystem
    readonly files?: readonly EmissionFile[]
  }): Promise<EmittedImage>
  /** A single file for an image. */
  file(to: string, content: string | Uint8Array, fields?: Partial<EmissionFile>): Promise<EmissionFile>
}

export async function imageRig(): Promise<ImageRig> {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate-image-'))
  const opened = await openStore({ root: join(directory, 'store'), clock: systemClock })
  if (!opened.ok) throw new Error(opened.error.message)
  const store = opened.value
  const emitter = createImageEmitter({ store })
  const platform = { os: 'linux', architecture: 'amd64', variant: null }
  return {
    directory,
    store,
    base: busyboxRoot(directory),
    emit: async ({ image, base = null, files = [] }) => {
      const request: EmissionRequest = {
        image: { ...IMAGE, ...image },
        platform,
        base: base === null ? null : { kind: 'root', root: base },
        files,
        certificates: null,
        timezones: null,
      }
      const emitted = await emitter.emit(request, new AbortController().signal)
      if (!emitted.ok) throw new Error(emitted.error.message)
      return emitted.value
    },
    file: async (to, content, fields = {}) => {
      const stored = await store.blobs.put(content)
      if (!stored.ok) throw new Error(stored.error.message)
      const { digest, size } = stored.value
      return {
        to,
        name: 'file',
        mode: null,
        owner: null,
        layer: null,
        entries: [{ type: 'file', path: '', digest, size, executable: false }],
        ...fields,
      }
    },
    [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true }),
  }
}

const IMAGE: Image = {
  service: 'sample',
  span: { file: 'builder.yaml', offset: 0, length: 0 },
  from: { kind: 'scratch' },
  gates: [],
  files: [],
  layers: [],
  entrypoint: null,
  cmd: null,
  env: new Map(),
  workdir: null,
  user: null,
  ports: [],
  volumes: [],
  stopSignal: null,
  healthcheck: null,
  labels: new Map(),
  annotations: new Map(),
  tags: ['latest'],
  repository: 'orchestrate-test/sample',
  caCertificates: false,
  timezones: false,
  maxSize: null,
  created: 315_619_200,
}
