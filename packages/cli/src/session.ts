import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { type ConfigFiles, findWorkspaceRoot, type ParseCache, workTreeConfigFiles } from '@orchestrate/config'
import {
  type Clock,
  err,
  linuxPlatform,
  ok,
  type Platform,
  type Result,
  systemClock,
  WORKSPACE_ROOT,
  type WorkspacePath,
  parseWorkspacePath,
} from '@orchestrate/core'
import {
  type CacheFile,
  type FileTree,
  type GitIndexOptions,
  gitIndexFiles,
  type WorkTree,
  type WorkTreeOptions,
  workTreeFiles,
} from '@orchestrate/fingerprint'
import { openStore, readBootId, type Store, storeLocation, type WorkspaceState } from '@orchestrate/store'
import { cacheFile, textCache } from './cache-file.ts'
import { type GraphCache, graphCache } from './graph-cache.ts'
import { readIndexConfigFiles } from './index-config-files.ts'
import type { Invocation } from './invocation.ts'
import { findings, type Stop, trouble } from './stop.ts'
import { BUILD } from './version.ts'

/** What every command that reads a workspace works with. */
export interface Session extends AsyncDisposable {
  /** Absolute real path of the workspace. */
  readonly root: string
  /** The directory that the command was started in, inside the workspace: what path selectors start from. */
  readonly cwd: WorkspacePath
  readonly store: Store
  readonly state: WorkspaceState
  readonly tree: FileTree
  /** The tree, unless it is git's index. */
  readonly workTree: WorkTree | null
  readonly configFiles: ConfigFiles
  /** What the command line changes of the configuration; with any, nothing that is remembered of it holds. */
  readonly overrides: readonly string[]
  readonly parseCache: ParseCache
  /** Null for a program that does not know which it is: it cannot tell what it would make of the same files. */
  readonly graphCache: GraphCache | null
  readonly platform: Platform
  /** Of this boot of the machine. */
  readonly bootId: string
}

export interface SessionOptions {
  /** Whether files are git's index as it would be checked out. */
  readonly staged: boolean
  /** `PATH=VALUE` each: what the command line changes of the configuration. */
  readonly overrides?: readonly string[]
  /** By default this machine's. */
  readonly clock?: Clock
}

/** Finds the workspace and opens the store. */
export async function openSession({ host, directory }: Invocation, options: SessionOptions): Promise<Result<Session, Stop>> {
  const { clock = systemClock } = options
  const wrong = checkDirectory(directory) ?? checkStoreVariable(host.env['ORCHESTRATE_STORE'] ?? '')
  if (wrong !== null) return err(wrong)
  const root = await findWorkspaceRoot(directory)
  if (root === null) {
    return err({
      kind: 'usage',
      message: `no workspace here: neither "${directory}" nor a directory above it has a builder.yaml with the key "workspace"`,
      help: 'write one at the root of the repository, or name another directory with -C',
    })
  }
  const bootId = readBootId()
  const opened = await openStore({ root: storeLocation(host.env, host.home), clock, bootId })
  if (!opened.ok) return err(trouble(opened.error))
  const store = opened.value
  const state = await store.workspaceState(root)
  if (!state.ok) return err(trouble(state.error))
  const cacheIn = (name: string): CacheFile => cacheFile(join(state.value.directory, name))
  const where = { root, environment: { variables: host.env, directory: host.cwd } }
  const files = options.staged
    ? await stagedFiles({ ...where, cache: cacheIn('index-cache'), scratchDirectory: join(store.root, 'tmp') })
    : ok(workFiles({ ...where, statCache: cacheIn('stat-cache'), clock }))
  if (!files.ok) {
    await store.close()
    return files
  }
  return ok({
    root,
    cwd: parseWorkspacePath(realpathSync(directory).slice(root === '/' ? 1 : root.length + 1)) ?? WORKSPACE_ROOT,
    store,
    state: state.value,
    ...files.value,
    overrides: options.overrides ?? [],
    parseCache: textCache(join(state.value.directory, options.staged ? 'index-parse-cache.json' : 'parse-cache.json')),
    graphCache: BUILD === null ? null : graphCache(cacheIn(options.staged ? 'index-graph-cache' : 'graph-cache'), BUILD),
    platform: linuxPlatform(host.arch),
    bootId,
    [Symbol.asyncDispose]: () => store.close(),
  })
}

/** The directory that a command starts in may have been removed, or never have been there. */
function checkDirectory(directory: string): Stop | null {
  const help = 'change into a directory of the workspace, or name one with -C'
  try {
    if (statSync(directory).isDirectory()) return null
    return { kind: 'usage', message: `"${directory}" is not a directory`, help }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT') return { kind: 'usage', message: `the directory "${directory}" does not exist`, help }
    if (typeof code === 'string') return { kind: 'usage', message: `the directory "${directory}" cannot be entered: ${code}`, help }
    throw error
  }
}

/** A relative store would lie somewhere else for every directory that a command starts in. */
function checkStoreVariable(value: string): Stop | null {
  if (value === '' || isAbsolute(value)) return null
  return { kind: 'usage', message: `ORCHESTRATE_STORE is "${value}", which is not an absolute path`, help: 'write the whole path' }
}

type SessionFiles = Pick<Session, 'tree' | 'workTree' | 'configFiles'>

async function stagedFiles(options: GitIndexOptions): Promise<Result<SessionFiles, Stop>> {
  const tree = gitIndexFiles(options)
  const configFiles = await readIndexConfigFiles(tree)
  if (!configFiles.ok) return err(findings(configFiles.error))
  if (configFiles.value !== null) return ok({ tree, workTree: null, configFiles: configFiles.value })
  return err({
    kind: 'usage',
    message: "the builder.yaml at the root of the workspace is not in git's index",
    help: 'stage it with `git add builder.yaml`, or do without --staged',
  })
}

function workFiles(options: WorkTreeOptions): SessionFiles {
  const workTree = workTreeFiles(options)
  return { tree: workTree, workTree, configFiles: workTreeConfigFiles(options.root) }
}
