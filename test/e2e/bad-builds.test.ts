import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson, digestOf } from '@orchestrate/core'
import { describe, expect, it } from 'vitest'
import { API, apiRig as rigOf, shown } from './api-rig.ts'
import { type Rig, ROOT } from './rig.ts'
import { showRun } from './show-run.ts'

/** Docker is not what is tested here. */
const apiRig = (config: string, files: Readonly<Record<string, string>> = {}): Rig => rigOf(config, files, 'embedded')

describe('a build that goes wrong', () => {
  it('because an output is missing lists what was there', async () => {
    using rig = apiRig(API.replace('cp main.txt /out/app', 'mkdir -p /out/bin; cp main.txt /out/bin/app; cp main.txt /out/ap'))
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  failed after TIME: the output "app" was not there after the command had succeeded
      api:image  skipped: needs "api:build", which was not built

      error[build/output-missing]: api:build: the output "app" was not there after the command had succeeded
        /out held:
          ap
          bin
          bin/app
        = help: let the command write it under /out, or correct "outputs"
        log (empty): BASE/store/logs/DIGEST/api~build.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  -  -  -  -

      Not built (1):
        api:image  needs "api:build", which was not built

      Failed in TIME: 1 done, 0 current, 1 failed, 1 not built."
    `)
  })

  it('because an output is missing says so when nothing was there', async () => {
    using rig = apiRig(API.replace('cp main.txt /out/app', '"true"'))
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  failed after TIME: the output "app" was not there after the command had succeeded
      api:image  skipped: needs "api:build", which was not built

      error[build/output-missing]: api:build: the output "app" was not there after the command had succeeded
        /out was empty
        = help: let the command write it under /out, or correct "outputs"
        log (empty): BASE/store/logs/DIGEST/api~build.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  -  -  -  -

      Not built (1):
        api:image  needs "api:build", which was not built

      Failed in TIME: 1 done, 0 current, 1 failed, 1 not built."
    `)
  })

  it('because its command exits with another code than zero shows the end of its log', async () => {
    using rig = apiRig(API.replace('cp main.txt /out/app', 'echo compiling >&2; echo "main.txt:1:no semicolon" >&2; exit 3'))
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  failed after TIME: the command exited with code 3
      api:image  skipped: needs "api:build", which was not built

      error[build/exited]: api:build: the command exited with code 3
        last 2 lines of its log:
        | compiling
        | main.txt:1:no semicolon
        log: BASE/store/logs/DIGEST/api~build.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  -  -  -  -

      Not built (1):
        api:image  needs "api:build", which was not built

      Failed in TIME: 1 done, 0 current, 1 failed, 1 not built."
    `)
  })

  it('because its command does not exist names it', async () => {
    using rig = apiRig(API.replace('cp main.txt /out/app', 'gcc -o /out/app main.c'))
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  failed after TIME: a command was not found (exit code 127)
      api:image  skipped: needs "api:build", which was not built

      error[build/command-not-found]: api:build: a command was not found (exit code 127)
        = help: add the package that holds it to toolchain "busybox", or correct its name
        last 1 line of its log:
        | sh: gcc: not found
        log: BASE/store/logs/DIGEST/api~build.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  -  -  -  -

      Not built (1):
        api:image  needs "api:build", which was not built

      Failed in TIME: 1 done, 0 current, 1 failed, 1 not built."
    `)
  })

  it('because the program of "exec" does not exist names it', async () => {
    using rig = apiRig(API.replace('run: cp main.txt /out/app', 'exec: [gcc, -o, /out/app, main.c]'))
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  failed after TIME: a command was not found (exit code 127)
      api:image  skipped: needs "api:build", which was not built

      error[build/command-not-found]: api:build: a command was not found (exit code 127)
        exec: "gcc": executable file not found in $PATH
        = help: add the package that holds it to toolchain "busybox", or correct its name
        log (empty): BASE/store/logs/DIGEST/api~build.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  -  -  -  -

      Not built (1):
        api:image  needs "api:build", which was not built

      Failed in TIME: 1 done, 0 current, 1 failed, 1 not built."
    `)
  })

  it('because it read what it did not declare shows what its tool says', async () => {
    using rig = apiRig(API.replace('cp main.txt', 'cp other.txt'), { 'api/other.txt': '' })
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  failed after TIME: the command exited with code 1
      api:image  skipped: needs "api:build", which was not built

      error[build/exited]: api:build: the command exited with code 1
        last 1 line of its log:
        | cp: can't stat 'other.txt': No such file or directory
        log: BASE/store/logs/DIGEST/api~build.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  -  -  -  -

      Not built (1):
        api:image  needs "api:build", which was not built

      Failed in TIME: 1 done, 0 current, 1 failed, 1 not built."
    `)
  })

  it('stops what depends on it and says so', async () => {
    using rig = apiRig(API.replace('cp main.txt /out/app', 'exit 1'), {
      'web/builder.yaml': `version: 1
service: web
build:
  toolchain: busybox
  needs: [{ artifact: "api:build/app", to: app }]
  run: cp app /out/app
  inputs: [builder.yaml]
  outputs: [app]
`,
    })
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      4 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  failed after TIME: the command exited with code 1
      web:build  skipped: needs "api:build", which was not built
      api:image  skipped: needs "api:build", which was not built

      error[build/exited]: api:build: the command exited with code 1
        log (empty): BASE/store/logs/DIGEST/api~build.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  -  -  -  -
      web  skipped  -  -  -  -  -

      Not built (2):
        api:image  needs "api:build", which was not built
        web:build  needs "api:build", which was not built

      Failed in TIME: 1 done, 0 current, 1 failed, 2 not built."
    `)
  })

  it('is told to programs as JSON lines', async () => {
    using rig = apiRig(API.replace('cp main.txt /out/app', 'exit 3'))
    const { code, stderr, targets } = await rig.apply('--jobs', '1', '--no-load')
    expect({ code, stderr, trouble: targets.get('api:build')?.trouble }).toMatchInlineSnapshot(`
      {
        "code": 1,
        "stderr": "",
        "trouble": {
          "details": [],
          "help": null,
          "id": "build/exited",
          "kind": "failure",
          "message": "the command exited with code 3",
        },
      }
    `)
  })

  it('in colour says the same', async () => {
    using rig = apiRig(API.replace('cp main.txt /out/app', 'echo no >&2; exit 3'))
    expect(
      (await shown(rig, '--color', 'always', 'apply', '--jobs', '1', '--no-load')).replaceAll('\u001b', '<ESC>'),
    ).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started<ESC>[90m  never built<ESC>[39m
      toolchain:busybox  <ESC>[32mready<ESC>[39m in TIME, 2.0 MiB
      api:build  started<ESC>[90m  never built<ESC>[39m
      api:build  <ESC>[31mfailed<ESC>[39m after TIME: the command exited with code 3
      api:image  <ESC>[33mskipped<ESC>[39m: needs "api:build", which was not built

      <ESC>[31m<ESC>[1merror[build/exited]<ESC>[22m<ESC>[39m<ESC>[1m: api:build: the command exited with code 3<ESC>[22m
        last 1 line of its log:
        <ESC>[90m|<ESC>[39m no
        log: BASE/store/logs/DIGEST/api~build.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  -  -  -  -

      Not built (1):
        <ESC>[33mapi:image<ESC>[39m  needs "api:build", which was not built

      <ESC>[31mFailed<ESC>[39m in TIME: 1 done, 0 current, 1 failed, 1 not built."
    `)
  })
})

describe('an image that goes wrong', () => {
  it('because it is larger than its maxSize lists what is large', async () => {
    using rig = apiRig(
      `${API.replace('cp main.txt', 'head -c 3000000 /dev/zero > /out/app; cp main.txt').replace('/out/app\n', '/out/x\n')}  maxSize: 1MiB\n`,
    )
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  built in TIME, 2.9 MiB
      api:image  started  never built
      api:image  failed after TIME: the image of service "api" has 3001856 bytes (2.9 MiB), its maxSize is 1048576 bytes (1.0 MiB)

      error[image/too-large]: api:image: the image of service "api" has 3001856 bytes (2.9 MiB), its maxSize is 1048576 bytes (1.0 MiB)
        /app: 3000000 bytes (2.9 MiB)
        = help: make these smaller, or raise maxSize in "api/builder.yaml"

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  2.9 MiB  -  2.0 MiB  -

      Failed in TIME: 2 done, 0 current, 1 failed."
    `)
  })

  it('because a check that gates it fails is blocked', async () => {
    const gated = `version: 1
service: api
builds:
  app:
    toolchain: busybox
    run: cp main.txt /out/app
    inputs: [main.txt]
    outputs: [app]
  test:
    toolchain: busybox
    run: grep bye main.txt
    inputs: [main.txt]
    needs: [{ artifact: app/app, to: /opt/app }]
    outputs: []
image:
  needs: [test]
  from: scratch
  files: [{ artifact: app/app, to: /app }]
`
    using rig = apiRig(gated)
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      4 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:app  started  never built
      api:app  built in TIME, 6 B
      api:test  started  never built
      api:test  failed after TIME: the command exited with code 1
      api:image  skipped: the check "api:test" has not succeeded

      error[build/exited]: api:test: the command exited with code 1
        log (empty): BASE/store/logs/DIGEST/api~test.log

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  6 B  -  2.0 MiB  -

      Not built (1):
        api:image  the check "api:test" has not succeeded

      Failed in TIME: 2 done, 0 current, 1 failed, 1 not built."
    `)
  })

  it('because a link leaves its artifact names the link', async () => {
    using rig = apiRig(API.replace('cp main.txt /out/app', 'mkdir /out/app; ln -s /etc/passwd /out/app/link'))
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 1
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  ready in TIME, 2.0 MiB
      api:build  started  never built
      api:build  built in TIME, 0 B
      api:image  started  never built
      api:image  failed after TIME: symlink "app/link" of image.files[0] ("app" to "/app") in the image of service "api" leads out of its artifact, to "/etc/passwd"

      error[image/link-leaves-artifact]: api:image: symlink "app/link" of image.files[0] ("app" to "/app") in the image of service "api" leads out of its artifact, to "/etc/passwd"
        = help: make the build copy what the link points to, or link to a relative path inside the artifact

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  failed  TIME  0 B  -  2.0 MiB  -

      Failed in TIME: 2 done, 0 current, 1 failed."
    `)
  })
})

describe('a store', () => {
  it('on a full disk says how much room is left and where', async () => {
    using rig = apiRig(API)
    mkdirSync(rig.store, { mode: 0o700 })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', rig.store])
    try {
      const run = showRun(rig, await rig.run(['apply', '--jobs', '1', '--no-load']))
      expect(run.replaceAll(/\d+ bytes and \d+ files/g, 'N bytes and M files')).toMatchInlineSnapshot(`
        "exit 5
        --- stderr
        engine: ENGINE
        3 targets to act on, 0 current, 1 job at once
        toolchain:busybox  started  never built
        toolchain:busybox  failed after TIME: the store at "BASE/store" is on a full disk: ENOSPC at "BASE/store", N bytes and M files free
        api:build  skipped: needs "toolchain:busybox", which was not built
        api:image  skipped: needs "api:build", which was not built

        error[store/disk-full]: toolchain:busybox: the store at "BASE/store" is on a full disk: ENOSPC at "BASE/store", N bytes and M files free
          = help: free space there, or set ORCHESTRATE_STORE to a directory on a larger disk

        SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
        api  skipped  -  -  -  -  -

        Not built (2):
          api:build  needs "toolchain:busybox", which was not built
          api:image  needs "api:build", which was not built

        Failed in TIME: 0 done, 0 current, 1 failed, 2 not built."
      `)
    } finally {
      execFileSync('umount', [rig.store])
    }
  })
})

describe('a toolchain', () => {
  it('whose archive is no archive is named', async () => {
    using rig = apiRig(API)
    writeFileSync(join(rig.root, 'toolchains/busybox.tar'), 'no archive')
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  failed after TIME: the root file system "toolchains/busybox.tar" of toolchain "busybox" is not a tar archive: the archive ends too early
      api:build  skipped: needs "toolchain:busybox", which was not built
      api:image  skipped: needs "api:build", which was not built

      error[toolchain/rootfs-unreadable]: toolchain:busybox: the root file system "toolchains/busybox.tar" of toolchain "busybox" is not a tar archive: the archive ends too early
        = help: a rootfs is a tar archive in the work tree, plain or compressed with gzip

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  skipped  -  -  -  -  -

      Not built (2):
        api:build  needs "toolchain:busybox", which was not built
        api:image  needs "api:build", which was not built

      Failed in TIME: 0 done, 0 current, 1 failed, 2 not built."
    `)
  })

  it('of packages that its suite does not have names them', async () => {
    using rig = apiRig(API)
    rig.write({
      'builder.yaml': ROOT.replace('rootfs: toolchains/busybox.tar', 'debian: { suite: trixie, packages: [zzz-not-packaged-zzz] }'),
    })
    expect(await shown(rig, 'apply', '--jobs', '1', '--no-load')).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  never built
      toolchain:busybox  bootstrapping trixie base: reading package lists
      toolchain:busybox  failed after TIME: "zzz-not-packaged-zzz": no such package in suite "trixie" (toolchain "busybox")
      api:build  skipped: needs "toolchain:busybox", which was not built
      api:image  skipped: needs "api:build", which was not built

      error[toolchain/unknown-package]: toolchain:busybox: "zzz-not-packaged-zzz": no such package in suite "trixie" (toolchain "busybox")
        = help: correct the name in \`debian.packages\`

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  skipped  -  -  -  -  -

      Not built (2):
        api:build  needs "toolchain:busybox", which was not built
        api:image  needs "api:build", which was not built

      Failed in TIME: 0 done, 0 current, 1 failed, 2 not built."
    `)
  })

  it('of which the mirror no longer has a package version names it', async () => {
    using rig = apiRig(API)
    rig.write({
      'builder.yaml': ROOT.replace('rootfs: toolchains/busybox.tar', 'debian: { suite: trixie, packages: [ca-certificates] }'),
      'builder.lock': JSON.stringify(lockOf('ca-certificates', '19990101')),
    })
    const run = await shown(rig, 'apply', '--jobs', '1', '--no-load')
    expect(run.replaceAll(/available \d+\S*/g, 'available VERSION')).toMatchInlineSnapshot(`
      "exit 5
      --- stderr
      engine: ENGINE
      3 targets to act on, 0 current, 1 job at once
      toolchain:busybox  started  toolchain busybox is not in the store
      toolchain:busybox  bootstrapping trixie base: reading package lists
      toolchain:busybox  failed after TIME: the mirror no longer has a package version that builder.lock holds for toolchain "busybox"
      api:build  skipped: needs "toolchain:busybox", which was not built
      api:image  skipped: needs "api:build", which was not built

      error[toolchain/package-version-gone]: toolchain:busybox: the mirror no longer has a package version that builder.lock holds for toolchain "busybox"
        ca-certificates: wanted 19990101, available VERSION
        = help: run \`orchestrate lock --update busybox\`, or pin the mirror by date with \`debian.snapshot\`

      SERVICE  DECISION  TIME  ARTIFACT  IMAGE  TOOLCHAIN  DIGEST
      api  skipped  -  -  -  -  -

      Not built (2):
        api:build  needs "toolchain:busybox", which was not built
        api:image  needs "api:build", which was not built

      Failed in TIME: 0 done, 0 current, 1 failed, 2 not built."
    `)
  })
})

/** A builder.lock of long ago. */
function lockOf(name: string, version: string): object {
  const root = {
    diffIds: [digestOf('')],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    platform: 'linux/amd64',
    user: null,
    workdir: null,
  }
  const identity = digestOf(canonicalJson({ domain: 'orchestrate/toolchain', version: 1, ...root }))
  const source = { kind: 'debian', mirror: null, packages: [name], snapshot: null, suite: 'trixie', versions: { [name]: version } }
  return { toolchains: { busybox: { ...root, identity, size: 1, source } }, version: 1 }
}
