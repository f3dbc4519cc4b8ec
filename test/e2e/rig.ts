import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const executable = join(repository, 'packages/cli/dist/orchestrate.js')

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A monorepo in a temporary directory with a store of its own, and the built executable to run in it. */
export interface Rig extends Disposable {
  readonly root: string
  readonly store: string
  readonly env: NodeJS.ProcessEnv
  /** Writes files, relative to the root. */
  write(files: Readonly<Record<string, string>>): void
  git(...args: readonly string[]): string
  run(args: readonly string[], options?: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string }): Promise<Run>
  /** The events of `apply --json`. */
  apply(
    ...args: readonly string[]
  ): Promise<Run & { readonly events: readonly Event[]; readonly targets: ReadonlyMap<string, FinishedTarget> }>
  /** The object of `plan --json`. */
  plan(...args: readonly string[]): Promise<PlanAnswer>
}

export interface Event {
  readonly type: string
  readonly [key: string]: unknown
}

export interface FinishedTarget {
  readonly id: string
  readonly decision: string
  readonly outcome: string
  readonly image: { readonly reference: string | null; readonly digest: string; readonly bytes: number } | null
  readonly trouble: { readonly id: string; readonly message: string; readonly details: readonly string[] } | null
  readonly logPath: string | null
}

export interface PlanAnswer {
  readonly targets: readonly {
    readonly id: string
    readonly decision: string
    readonly reasons: readonly { readonly kind: string; readonly [key: string]: unknown }[]
  }[]
  readonly summary: Readonly<Record<string, number>>
}

/** @param engine what ORCHESTRATE_ENGINE says; the embedded one starts builders in a tenth of the time, where Docker is not what is tested */
export function createRig(files: Readonly<Record<string, string>> = {}, engine: 'auto' | 'docker' | 'embedded' = 'auto'): Rig {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrate-e2e-')))
  const root = join(base, 'workspace')
  const store = join(base, 'store')
  mkdirSync(root)
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: base,
    ORCHESTRATE_STORE: store,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    DOCKER_HOST: process.env['DOCKER_HOST'],
    // Unset for `auto`, so that a workspace may choose.
    ORCHESTRATE_ENGINE: engine === 'auto' ? undefined : engine,
  }
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', '-c', 'protocol.file.allow=always', ...args], {
      cwd: root,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const rig: Rig = {
    root,
    store,
    env,
    git,
    write: (entries) => {
      for (const [path, text] of Object.entries(entries)) {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), text)
      }
    },
    run: (args, options = {}) =>
      runProcess(process.execPath, [executable, ...args], { cwd: options.cwd ?? root, env: { ...env, ...options.env } }),
    apply: async (...args) => {
      const run = await rig.run(['apply', '--json', ...args])
      const events = run.stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Event)
      const finished = events.at(-1) as unknown as { readonly targets?: readonly FinishedTarget[] } | undefined
      return { ...run, events, targets: new Map((finished?.targets ?? []).map((target) => [target.id, target])) }
    },
    plan: async (...args) => {
      const run = await rig.run(['plan', '--json', ...args])
      if (run.code !== 0) throw new Error(run.stderr)
      return JSON.parse(run.stdout) as PlanAnswer
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  }
  rig.write(files)
  git('init', '-q', '-b', 'main')
  return rig
}

export function runProcess(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Run> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code) =>
      done({ code, stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') }),
    )
  })
}

const BUSYBOX = '/bin/busybox'

/** Writes a tiny root file system, `toolchains/busybox.tar`, made of Debian's busybox-static: the same bytes every time. */
export function addBusybox(rig: Rig): void {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrate-busybox-'))
  for (const name of ['bin', 'etc', 'root', 'tmp', 'proc', 'dev', 'sys', 'out', 'workspace']) mkdirSync(join(directory, name))
  execFileSync('cp', [BUSYBOX, join(directory, 'bin/busybox')])
  chmodSync(join(directory, 'bin/busybox'), 0o755)
  const applets = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).split('\n')
  for (const applet of applets) if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(directory, 'bin', applet))
  mkdirSync(join(rig.root, 'toolchains'), { recursive: true })
  const archive = join(rig.root, 'toolchains/busybox.tar')
  execFileSync('tar', ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-C', directory, '-cf', archive, '.'])
  rmSync(directory, { recursive: true })
}

/** The root builder.yaml of most tests. */
export const ROOT = `version: 1
workspace:
  name: tiny
toolchains:
  busybox:
    rootfs: toolchains/busybox.tar
`
