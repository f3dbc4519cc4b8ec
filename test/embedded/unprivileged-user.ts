import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { executable, type Run, runProcess } from '../e2e/rig.ts'

/** An ordinary user of this machine, made for a test, with a workspace and a copy of the executable; gone on dispose. */
export interface UnprivilegedUser extends Disposable {
  readonly name: string
  readonly home: string
  readonly workspace: string
  /** Runs orchestrate as this user in the workspace. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Run>
  /** As `run`, without waiting for its end. */
  start(args: readonly string[]): ChildProcess
  /** The user's own processes, zombies aside. */
  processes(): readonly string[]
}

/** @param ids `subordinate`: with ranges in /etc/subuid and /etc/subgid; `single`: without. */
export function createUnprivilegedUser(ids: 'subordinate' | 'single', files: Readonly<Record<string, string | Buffer>>): UnprivilegedUser {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrate-user-')))
  const name = `o-${home.slice(-6).toLowerCase()}`
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, ...(ids === 'single' ? ['--system'] : []), name], { stdio: 'pipe' })
  const workspace = join(home, 'workspace')
  mkdirSync(workspace)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
  // The repository may lie where only root can go.
  cpSync(dirname(executable), join(home, 'orchestrate'), { recursive: true })
  execFileSync('chown', ['-R', `${name}:`, home])
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: home,
    ORCHESTRATE_STORE: join(home, 'store'),
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
  }
  const program = [process.execPath, join(home, 'orchestrate/orchestrate.js')]
  const asUser = (args: readonly string[]): string[] => [`--reuid=${name}`, `--regid=${name}`, '--init-groups', ...program, ...args]
  return {
    name,
    home,
    workspace,
    run: (args, env = {}) => runProcess('setpriv', asUser(args), { cwd: workspace, env: { ...environment, ...env } }),
    start: (args) => spawn('setpriv', asUser(args), { cwd: workspace, env: environment }),
    processes: () => listProcesses(name),
    [Symbol.dispose]: () => {
      execFileSync('userdel', [name], { stdio: 'pipe' })
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function listProcesses(user: string): readonly string[] {
  const listed = execFileSync('ps', ['-eo', 'user:32,stat,args', '--no-headers'], { encoding: 'utf8' })
  return listed.split('\n').filter((line) => line.startsWith(`${user} `) && !/^\S+\s+Z/.test(line))
}
