import { addBusybox, createRig, type Rig, ROOT } from './rig.ts'
import { showRun } from './show-run.ts'

/** The builder.yaml of a service with one build, and no image. */
export const API_BUILD = `version: 1
service: api
build:
  toolchain: busybox
  run: cp main.txt /out/app
  inputs: [main.txt]
  outputs: [app]
`

/** The same with an image. */
export const API = `${API_BUILD}image:
  from: scratch
  files: [{ artifact: build/app, to: /app }]
`

/** A workspace with one service, `api`, whose builder.yaml is `config`; `files` come on top. */
export function apiRig(config: string, files: Readonly<Record<string, string>> = {}, engine: 'auto' | 'docker' | 'embedded' = 'auto'): Rig {
  const rig = createRig({ 'builder.yaml': ROOT, 'api/builder.yaml': config, 'api/main.txt': 'hello\n', ...files }, engine)
  addBusybox(rig)
  return rig
}

/** Runs orchestrate and shows what a user sees. */
export async function shown(rig: Rig, ...args: readonly string[]): Promise<string> {
  return showRun(rig, await rig.run(args))
}
