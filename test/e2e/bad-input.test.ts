import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRig, executable, type Rig, ROOT, runProcess } from './rig.ts'
import { API_BUILD, apiRig, shown } from './api-rig.ts'
import { showRun } from './show-run.ts'

/** A user without privileges, whom the system does not know. */
const STRANGER = 54321

/** Gives the rig to a stranger, but for `closed`, which stays closed to him. */
function giveToStranger(rig: Rig, closed: string | null): void {
  const base = dirname(rig.root)
  cpSync(dirname(executable), join(base, 'dist'), { recursive: true })
  cpSync(process.execPath, join(base, 'node'))
  execFileSync('chown', ['-R', `${STRANGER}:${STRANGER}`, base])
  if (closed === null) return
  chownSync(join(base, closed), 0, 0)
  chmodSync(join(base, closed), 0o600)
}

async function shownToStranger(rig: Rig, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const base = dirname(rig.root)
  const user = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups']
  const command = [...user, join(base, 'node'), join(base, 'dist/orchestrate.js'), ...args]
  return showRun(rig, await runProcess('setpriv', command, { cwd: rig.root, env: { ...rig.env, ...env } }))
}

describe('a builder.yaml that is wrong', () => {
  it('with an unknown key names the key that was meant', async () => {
    using rig = apiRig(API_BUILD.replace('outputs', 'outputz'))
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/unknown-key]: unknown key "outputz" in build "build" of service "api"
       --> api/builder.yaml:7:3
        |
      7 |   outputz: [app]
        |   ^^^^^^^
        = help: did you mean "outputs"?"
    `)
  })

  it('with a value of the wrong type says what the key accepts', async () => {
    using rig = apiRig(API_BUILD.replace('[app]', '{ app: 1 }').replace('cp main.txt /out/app', '7'))
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/wrong-type]: "run" of build "build" of service "api" must be a string or a list of strings, not the number 7
       --> api/builder.yaml:5:8
        |
      5 |   run: 7
        |        ^
        = help: quote it: "7"

      error[config/wrong-type]: "outputs" of build "build" of service "api" must be a list, not a map
       --> api/builder.yaml:7:12
        |
      7 |   outputs: { app: 1 }
        |            ^^^^^^^^^^"
    `)
  })

  it('with a service that exists already shows both places', async () => {
    using rig = apiRig(API_BUILD, { 'web/builder.yaml': API_BUILD, 'web/main.txt': '' })
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/duplicate-service]: service "api" is declared twice
       --> web/builder.yaml:2:10
        |
      2 | service: api
        |          ^^^
        = note: first declared here (api/builder.yaml:2:10)
        = help: rename one of them"
    `)
  })

  it('with a missing toolchain names the one that was meant', async () => {
    using rig = apiRig(API_BUILD.replace('busybox', 'busibox'))
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/unknown-toolchain]: unknown toolchain "busibox" in build "build" of service "api"
       --> api/builder.yaml:4:14
        |
      4 |   toolchain: busibox
        |              ^^^^^^^
        = help: did you mean "busybox"?"
    `)
  })

  it('with a missing toolchain that resembles no other lists what there is', async () => {
    using rig = apiRig(API_BUILD.replace('busybox', 'golang'))
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/unknown-toolchain]: unknown toolchain "golang" in build "build" of service "api"
       --> api/builder.yaml:4:14
        |
      4 |   toolchain: golang
        |              ^^^^^^
        = help: the only one known is "busybox""
    `)
  })

  it('with a need of an unknown artifact shows what the build makes', async () => {
    using rig = apiRig(API_BUILD, {
      'web/builder.yaml': `version: 1
service: web
builds:
  bundle:
    toolchain: busybox
    needs:
      - { artifact: "api:build/ap", to: a }
      - { artifact: "api:compile/app", to: b }
      - { artifact: "apy:build/app", to: c }
    run: "true"
    inputs: [builder.yaml]
    outputs: []
`,
    })
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[graph/unknown-artifact]: build "api:build" has no output "ap", named in a need of "web:bundle"
       --> web/builder.yaml:7:21
        |
      7 |       - { artifact: "api:build/ap", to: a }
        |                     ^^^^^^^^^^^^^^
        = note: build "api:build" is defined here; its outputs: app (api/builder.yaml:3:1)
        = help: did you mean "app"?

      error[graph/unknown-build]: service "api" has no build "compile", named in a need of "web:bundle"
       --> web/builder.yaml:8:21
        |
      8 |       - { artifact: "api:compile/app", to: b }
        |                     ^^^^^^^^^^^^^^^^^
        = note: service "api" is defined here; its builds: build (api/builder.yaml:2:10)

      error[graph/unknown-service]: unknown service "apy" in a need of "web:bundle"
       --> web/builder.yaml:9:21
        |
      9 |       - { artifact: "apy:build/app", to: c }
        |                     ^^^^^^^^^^^^^^^
        = note: service "api" is defined here (api/builder.yaml:2:10)
        = help: did you mean "api"?"
    `)
  })

  it('with a cycle shows the shortest one, with the file of every need', async () => {
    const service = (name: string, ...needs: readonly string[]): string => `version: 1
service: ${name}
build:
  toolchain: busybox
  needs:
${needs.map((need) => `    - { artifact: "${need}:build/app", to: ${need} }\n`).join('')}  run: "true"
  outputs: [app]
`
    using rig = apiRig(service('api', 'web'), {
      'web/builder.yaml': service('web', 'db', 'mail'),
      'db/builder.yaml': service('db', 'mail'),
      'mail/builder.yaml': service('mail', 'api', 'db'),
    })
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[graph/cycle]: builds need each other in a cycle: "db:build" -> "mail:build" -> "db:build"
       --> db/builder.yaml:6:19
        |
      6 |     - { artifact: "mail:build/app", to: mail }
        |                   ^^^^^^^^^^^^^^^^
        = note: "db:build" needs "mail:build/app" (db/builder.yaml:6:19)
        = note: "mail:build" needs "db:build/app" (mail/builder.yaml:7:19)
        = help: remove one of these needs, or split one of the builds"
    `)
  })

  it('that is malformed YAML is shown at the place where reading it stopped', async () => {
    using rig = apiRig('version: 1\nservice: api\nbuild:\n  toolchain: [busybox\n  run: x\n')
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/syntax]: flow sequence in block collection must be sufficiently indented and end with a ]
       --> api/builder.yaml:5:3
        |
      5 |   run: x
        |   ^
        = help: close every "[" and "{", and indent what belongs to a key further than the key"
    `)
  })

  it('that is indented by tabs is shown at the tab', async () => {
    using rig = apiRig('version: 1\nservice: api\nbuild:\n\ttoolchain: busybox\n')
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/syntax]: tabs are not allowed as indentation
       --> api/builder.yaml:4:1
        |
      4 |  toolchain: busybox
        | ^
        = help: indent with spaces"
    `)
  })

  it('that is an alias bomb is refused before it is expanded', async () => {
    const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
    const bomb = levels
      .map(
        (name, at) =>
          `${name}: &${name} [${Array(9)
            .fill(at === 0 ? 'x' : `*${levels[at - 1]}`)
            .join(', ')}]\n`,
      )
      .join('')
    using rig = apiRig(`version: 1\nservice: api\n${bomb}`)
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/too-many-aliases]: aliases expand to more than 50 copies
       --> api/builder.yaml:4:8
        |
      4 | b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
        |        ^^
        = help: write the values out, or use a template"
    `)
  })

  it('that may not be read is named', async () => {
    using rig = apiRig(API_BUILD)
    giveToStranger(rig, 'workspace/api/builder.yaml')
    expect(await shownToStranger(rig, ['validate'])).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[config/unreadable]: "api/builder.yaml" cannot be read
        = help: check that it is a regular file inside the workspace and its permissions"
    `)
  })

  it('shows the findings of all files at once', async () => {
    using rig = apiRig(API_BUILD.replace('outputs', 'outputz'), {
      'web/builder.yaml': `${API_BUILD.replace('api', 'web')}  network: maybe\n`,
      'web/main.txt': '',
    })
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/unknown-key]: unknown key "outputz" in build "build" of service "api"
       --> api/builder.yaml:7:3
        |
      7 |   outputz: [app]
        |   ^^^^^^^
        = help: did you mean "outputs"?

      error[config/invalid-value]: "network" of build "build" of service "web" must be "off" or "on", not the string "maybe"
       --> web/builder.yaml:8:12
        |
      8 |   network: maybe
        |            ^^^^^"
    `)
  })

  it('is told to programs as JSON', async () => {
    using rig = apiRig(API_BUILD.replace('outputs', 'outputz'))
    expect(await shown(rig, 'validate', '--json')).toMatchInlineSnapshot(`
      "exit 64
      --- stdout
      {"diagnostics":[{"id":"config/unknown-key","severity":"error","message":"unknown key \\"outputz\\" in build \\"build\\" of service \\"api\\"","file":"api/builder.yaml","line":7,"column":3,"help":"did you mean \\"outputs\\"?"}]}"
    `)
  })

  it('in colour underlines the same place', async () => {
    using rig = apiRig(API_BUILD.replace('outputs', 'outputz'))
    expect((await shown(rig, '--color', 'always', 'plan')).replaceAll('\u001b', '<ESC>')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      <ESC>[31m<ESC>[1merror[config/unknown-key]<ESC>[22m<ESC>[39m<ESC>[1m: unknown key "outputz" in build "build" of service "api"<ESC>[22m
       <ESC>[34m--><ESC>[39m api/builder.yaml:7:3
        <ESC>[34m|<ESC>[39m
      <ESC>[34m7<ESC>[39m <ESC>[34m|<ESC>[39m   outputz: [app]
        <ESC>[34m|<ESC>[39m   <ESC>[31m^^^^^^^<ESC>[39m
        <ESC>[34m=<ESC>[39m help: did you mean "outputs"?"
    `)
  })
})

describe('inputs that are wrong', () => {
  it('because a pattern matches nothing name the pattern', async () => {
    using rig = apiRig(API_BUILD.replace('[main.txt]', '[main.txt, "src/**/*.go"]'))
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[inputs/matches-nothing]: the pattern "src/**/*.go" matches no file below "api"
       --> api/builder.yaml:6:22
        |
      6 |   inputs: [main.txt, "src/**/*.go"]
        |                      ^^^^^^^^^^^^^
        = help: correct the pattern, or write { glob: …, optional: true }; files that git ignores are taken only by their exact name"
    `)
  })

  it('because the pattern matches only what git ignores say so', async () => {
    using rig = apiRig(API_BUILD.replace('[main.txt]', '[main.txt, "gen/*"]'), { '.gitignore': 'gen\n', 'api/gen/x': '' })
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[inputs/matches-nothing]: the pattern "gen/*" matches no file below "api"
       --> api/builder.yaml:6:22
        |
      6 |   inputs: [main.txt, "gen/*"]
        |                      ^^^^^^^
        = help: correct the pattern, or write { glob: …, optional: true }; files that git ignores are taken only by their exact name"
    `)
  })

  it('because they climb out of the workspace are refused', async () => {
    using rig = apiRig(API_BUILD.replace('[main.txt]', '["../../secret.txt", "../web/x", "//../x", /etc/passwd]'))
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/path-outside-workspace]: pattern "../../secret.txt" in the inputs of build "build" of service "api" leaves the workspace
       --> api/builder.yaml:6:12
        |
      6 |   inputs: ["../../secret.txt", "../web/x", "//../x", /etc/passwd]
        |            ^^^^^^^^^^^^^^^^^^
        = help: move the files into the workspace; "//" starts at its root

      error[config/path-outside-workspace]: pattern "//../x" in the inputs of build "build" of service "api" leaves the workspace
       --> api/builder.yaml:6:44
        |
      6 |   inputs: ["../../secret.txt", "../web/x", "//../x", /etc/passwd]
        |                                            ^^^^^^^^
        = help: move the files into the workspace; "//" starts at its root

      error[config/path-outside-workspace]: pattern "/etc/passwd" in the inputs of build "build" of service "api" is absolute
       --> api/builder.yaml:6:54
        |
      6 |   inputs: ["../../secret.txt", "../web/x", "//../x", /etc/passwd]
        |                                                      ^^^^^^^^^^^
        = help: start at the workspace root with "//etc/passwd""
    `)
  })

  it('because a symlink leads out of the workspace are refused', async () => {
    using rig = apiRig(API_BUILD.replace('[main.txt]', '["**"]'))
    symlinkSync('../../../etc/passwd', join(rig.root, 'api/up'))
    symlinkSync('/etc/passwd', join(rig.root, 'api/absolute'))
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[inputs/link-leaves-workspace]: the symlink "api/absolute" points to "/etc/passwd", outside the workspace
       --> api/builder.yaml:6:12
        |
      6 |   inputs: ["**"]
        |            ^^^^
        = help: point it at a file inside the workspace with a relative target, or exclude it with a "!" pattern

      error[inputs/link-leaves-workspace]: the symlink "api/up" points to "../../../etc/passwd", outside the workspace
       --> api/builder.yaml:6:12
        |
      6 |   inputs: ["**"]
        |            ^^^^
        = help: point it at a file inside the workspace with a relative target, or exclude it with a "!" pattern"
    `)
  })

  it('because they lie behind a symlinked directory are refused', async () => {
    using rig = apiRig(API_BUILD.replace('[main.txt]', '[linked/main.txt]'), { 'shared/main.txt': '' })
    symlinkSync('../shared', join(rig.root, 'api/linked'))
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[inputs/behind-link]: "api/linked/main.txt" lies behind the symlink "api/linked"
       --> api/builder.yaml:6:12
        |
      6 |   inputs: [linked/main.txt]
        |            ^^^^^^^^^^^^^^^
        = help: name it "//shared/main.txt""
    `)
  })

  it('because they may not be read are named', async () => {
    using rig = apiRig(API_BUILD)
    giveToStranger(rig, 'workspace/api/main.txt')
    expect(await shownToStranger(rig, ['plan'])).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[inputs/unreadable]: "api/main.txt" cannot be read (EACCES)
       --> api/builder.yaml:6:12
        |
      6 |   inputs: [main.txt]
        |            ^^^^^^^^
        = help: correct its permissions, or exclude it with a "!" pattern"
    `)
  })

  it('because the archive of a toolchain is missing are shown at its declaration', async () => {
    using rig = apiRig(API_BUILD)
    rmSync(join(rig.root, 'toolchains'), { recursive: true })
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[inputs/source-missing]: the source "toolchains/busybox.tar" does not exist
       --> builder.yaml:5:3
        |
      5 |   busybox:
        |   ^^^^^^^
        = help: correct the path; it is relative to the directory of the builder.yaml, and "//" starts at the workspace root"
    `)
  })
})

describe('a command line that is wrong', () => {
  it.each([
    ['an unknown command', ['aply']],
    ['an unknown command that resembles none', ['frobnicate']],
    ['no command', []],
    ['an unknown flag', ['apply', '--forse']],
    ['a flag without its value', ['apply', '--jobs']],
    ['a number of jobs that is none', ['apply', '--jobs', 'many']],
    ['no jobs at all', ['apply', '--jobs', '0']],
    ['an output that is no place', ['apply', '--output', 'dist']],
    ['an output of an unknown kind', ['apply', '--output', 'ocy:dist']],
    ['a choice that does not exist', ['apply', '--on-failure', 'panic']],
    ['a colour that does not exist', ['--color', 'pink', 'plan']],
    ['a service that does not exist', ['plan', 'apo']],
    ['a service that resembles none', ['apply', 'checkout']],
    ['a glob that selects nothing', ['plan', 'svc-*']],
    ['a directory without services', ['plan', './toolchains']],
    ['a directory outside', ['plan', '..']],
    ['a directory that does not exist', ['-C', 'nowhere', 'plan']],
    ['a ci command that does not exist', ['ci', 'matrx']],
    ['a ci command that is missing', ['ci']],
    ['too many arguments', ['validate', 'api']],
    ['a toolchain that does not exist', ['lock', '--update', 'busibox']],
  ])('with %s is refused', async (what, args) => {
    using rig = apiRig(API_BUILD)
    expect(await shown(rig, ...args)).toMatchSnapshot(what)
  })
})

describe('surroundings that are wrong', () => {
  it('without a workspace say where it was looked for', async () => {
    using rig = createRig()
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error: no workspace here: neither "BASE/workspace" nor a directory above it has a builder.yaml with the key "workspace"
        = help: write one at the root of the repository, or name another directory with -C"
    `)
  })

  it('with a workspace key below the directory only, say the same', async () => {
    using rig = createRig({ 'builder.yaml': API_BUILD })
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error: no workspace here: neither "BASE/workspace" nor a directory above it has a builder.yaml with the key "workspace"
        = help: write one at the root of the repository, or name another directory with -C"
    `)
  })

  it('with a root that cannot be parsed show that file', async () => {
    using rig = createRig({ 'builder.yaml': 'version: 1\nworkspace: [\n' })
    expect(await shown(rig, 'validate')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[config/syntax]: flow sequence in block collection must be sufficiently indented and end with a ]
       --> builder.yaml:3:1
        |
      3 |
        | ^
        = help: close every "[" and "{", and indent what belongs to a key further than the key"
    `)
  })

  it('with a store of another user name the owner', async () => {
    using rig = apiRig(API_BUILD)
    mkdirSync(rig.store, { mode: 0o700 })
    chownSync(rig.store, 65534, 65534)
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[store/foreign-owner]: the store at "BASE/store" belongs to user 65534, not to user 0 who runs this
        = help: run "chown -R 0 BASE/store", or set ORCHESTRATE_STORE to a directory of your own"
    `)
  })

  it('with a store that others may write to name its mode', async () => {
    using rig = apiRig(API_BUILD)
    mkdirSync(rig.store)
    chmodSync(rig.store, 0o777)
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[store/mode-too-wide]: the store at "BASE/store" has mode 0777, which lets other users in; it must be 0700
        = help: run "chmod 700 BASE/store", or set ORCHESTRATE_STORE to a directory of your own"
    `)
  })

  it('with a store where another thing lies say so', async () => {
    using rig = apiRig(API_BUILD)
    writeFileSync(rig.store, '')
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[store/not-a-store]: "BASE/store" is not a directory
        = help: set ORCHESTRATE_STORE to a directory of your own"
    `)
  })

  it('with a store that may not be read or written say so', async () => {
    using rig = apiRig(API_BUILD)
    mkdirSync(join(dirname(rig.root), 'closed'))
    giveToStranger(rig, 'closed')
    const store = join(dirname(rig.root), 'closed/store')
    expect(await shownToStranger(rig, ['plan'], { ORCHESTRATE_STORE: store })).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[store/permission-denied]: the store at "BASE/closed/store" refuses access: EACCES at "BASE/closed/store"
        = help: make it belong to you, or set ORCHESTRATE_STORE to a directory of your own"
    `)
  })

  it('with a repository of another user say what git says', async () => {
    using rig = apiRig(API_BUILD)
    giveToStranger(rig, 'workspace')
    chmodSync(rig.root, 0o755)
    expect(await shownToStranger(rig, ['plan'])).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[inputs/git-failed]: "git ls-files" failed: fatal: detected dubious ownership in repository at 'BASE/workspace'
        = note: To add an exception for this directory, call:
        = note: git config --global --add safe.directory BASE/workspace
        = help: follow what git says; "git status" in the workspace should show the same"
    `)
  })

  it('in a directory that was deleted say so', async () => {
    using rig = apiRig(API_BUILD)
    const gone = join(dirname(rig.root), 'gone')
    const script = 'mkdir "$1"; cd "$1"; rmdir "$1"; shift; exec "$@"'
    const args = ['-c', script, 'sh', gone, process.execPath, executable, 'plan']
    expect(showRun(rig, await runProcess('sh', args, { cwd: rig.root, env: rig.env }))).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error: the directory "BASE/gone" does not exist
        = help: change into a directory of the workspace, or name one with -C"
    `)
  })

  it('without a HOME use the home of the user', async () => {
    using rig = apiRig(API_BUILD)
    const env = { HOME: undefined }
    expect(showRun(rig, await rig.run(['validate'], { env }))).toMatchInlineSnapshot(`
      "exit 0
      --- stderr
      2 files, 1 service: no findings"
    `)
  })

  it('without any home keep the store in the directory for temporary files', async () => {
    using rig = apiRig(API_BUILD)
    const temporary = join(dirname(rig.root), 'tmp')
    mkdirSync(temporary)
    giveToStranger(rig, null)
    const env = { HOME: undefined, ORCHESTRATE_STORE: undefined, TMPDIR: temporary }
    expect(await shownToStranger(rig, ['validate'], env)).toMatchInlineSnapshot(`
      "exit 0
      --- stderr
      2 files, 1 service: no findings"
    `)
    expect(readdirSync(temporary)).toEqual(['orchestrate'])
  })

  it('with a relative store say that it must be absolute', async () => {
    using rig = apiRig(API_BUILD)
    expect(showRun(rig, await rig.run(['plan'], { env: { ORCHESTRATE_STORE: 'store' } }))).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error: ORCHESTRATE_STORE is "store", which is not an absolute path
        = help: write the whole path"
    `)
  })

  it('without git in a repository say that it is needed', async () => {
    using rig = apiRig(API_BUILD)
    expect(showRun(rig, await rig.run(['plan'], { env: { PATH: '/nowhere' } }))).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[inputs/git-missing]: git is not installed
        = help: install git: only git knows which files it ignores"
    `)
  })
})

describe('builder.lock', () => {
  it('that is no lock is refused', async () => {
    using rig = apiRig(API_BUILD, { 'builder.lock': '<<<<<<< HEAD\n{}\n' })
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[lock/malformed]: builder.lock cannot be read: expected a value, found "<"
       --> builder.lock:1:1
        |
      1 | <<<<<<< HEAD
        | ^
        = help: resolve a merge conflict if there is one; otherwise delete builder.lock and run \`orchestrate lock\`"
    `)
  })

  it('that lacks an entry is refused by --locked', async () => {
    using rig = apiRig(API_BUILD)
    expect(await shown(rig, 'apply', '--locked')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[lock/missing-entry]: builder.lock has no entry for toolchain "busybox"
       --> builder.yaml:5:3
        |
      5 |   busybox:
        |   ^^^^^^^
        = help: run \`orchestrate lock\`"
    `)
  })

  it('that lacks an entry is refused by lock --check', async () => {
    using rig = apiRig(API_BUILD)
    expect(await shown(rig, 'lock', '--check')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[lock/missing-entry]: builder.lock has no entry for toolchain "busybox"
       --> builder.yaml:5:3
        |
      5 |   busybox:
        |   ^^^^^^^
        = help: run \`orchestrate lock\`"
    `)
  })

  it('that is out of date is refused by every command that plans', async () => {
    using rig = apiRig(API_BUILD)
    expect((await rig.run(['lock'])).code).toBe(0)
    writeFileSync(join(rig.root, 'toolchains/other'), '')
    rig.write({ 'builder.yaml': ROOT.replace('busybox.tar', 'other') })
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[lock/out-of-date]: builder.lock is out of date for toolchain "busybox"
       --> builder.yaml:5:3
        |
      5 |   busybox:
        |   ^^^^^^^
        = note: rootfs: toolchains/busybox.tar became toolchains/other
        = note: digest of the archive: sha256:DIGEST became sha256:DIGEST
        = help: run \`orchestrate lock\`"
    `)
    expect(await shown(rig, 'lock', '--check')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[lock/out-of-date]: builder.lock is out of date for toolchain "busybox"
       --> builder.yaml:5:3
        |
      5 |   busybox:
        |   ^^^^^^^
        = note: rootfs: toolchains/busybox.tar became toolchains/other
        = note: digest of the archive: sha256:DIGEST became sha256:DIGEST
        = help: run \`orchestrate lock\`"
    `)
    expect(await shown(rig, 'apply')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[lock/out-of-date]: builder.lock is out of date for toolchain "busybox"
       --> builder.yaml:5:3
        |
      5 |   busybox:
        |   ^^^^^^^
        = note: rootfs: toolchains/busybox.tar became toolchains/other
        = note: digest of the archive: sha256:DIGEST became sha256:DIGEST
        = help: run \`orchestrate lock\`"
    `)
  })

  it('of a toolchain whose archive has changed says so', async () => {
    using rig = apiRig(API_BUILD)
    expect((await rig.run(['lock'])).code).toBe(0)
    writeFileSync(join(rig.root, 'toolchains/busybox.tar'), 'changed', { flag: 'a' })
    expect(await shown(rig, 'plan')).toMatchInlineSnapshot(`
      "exit 64
      --- stderr
      error[lock/out-of-date]: builder.lock is out of date for toolchain "busybox"
       --> builder.yaml:5:3
        |
      5 |   busybox:
        |   ^^^^^^^
        = note: digest of the archive: sha256:DIGEST became sha256:DIGEST
        = help: run \`orchestrate lock\`"
    `)
  })

  it('is not written over a link', async () => {
    using rig = apiRig(API_BUILD)
    symlinkSync('/etc/passwd', join(rig.root, 'builder.lock'))
    expect(await shown(rig, 'lock')).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      error[lock/not-a-file]: builder.lock is a link, a directory or something else that is no regular file
        = help: remove it and run \`orchestrate lock\`"
    `)
  })
})
