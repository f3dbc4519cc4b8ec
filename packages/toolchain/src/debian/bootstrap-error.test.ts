import { expect, it } from 'vitest'
import { debianSource } from '../sample-toolchains.ts'
import { bootstrapError, versionsDiffer } from './bootstrap-error.ts'
import { createBootstrapLog } from './bootstrap-log.ts'

/** What mmdebstrap 1.3.5 and apt 2.6 said on Debian 12, shortened by lines that say nothing. */
const RECORDED = {
  suite: `Ign:1 http://deb.debian.org/debian nosuite InRelease
Err:2 http://deb.debian.org/debian nosuite Release
  404  Not Found [IP: 203.0.113.80 80]
Reading package lists...
E: The repository 'http://deb.debian.org/debian nosuite Release' does not have a Release file.
I: main() received signal PIPE: waiting for setup...
E: mmdebstrap failed to run`,
  dns: `Err:1 http://no-such-host.invalid/debian trixie InRelease
  Could not resolve 'no-such-host.invalid'
Reading package lists...
E: Failed to fetch http://no-such-host.invalid/debian/dists/trixie/InRelease  Could not resolve 'no-such-host.invalid'
E: Some index files failed to download. They have been ignored, or old ones used instead.
E: mmdebstrap failed to run`,
  refused: `Err:1 http://127.0.0.1:9/debian trixie InRelease
  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)
E: Failed to fetch http://127.0.0.1:9/debian/dists/trixie/InRelease  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)
E: Some index files failed to download. They have been ignored, or old ones used instead.
E: mmdebstrap failed to run`,
  disk: `Err:3 http://deb.debian.org/debian trixie/main amd64 Packages
  Write error - write (28: No space left on device)
E: Failed to fetch http://deb.debian.org/debian/dists/trixie/main/binary-amd64/Packages  Write error - write (28: No space left on device)
E: mmdebstrap failed to run`,
  packages: `Reading package lists...
E: Unable to locate package nodejss
E: Unable to locate package qqqqqqqqqqqq
orchestrate name nodejs
orchestrate name golang-go
E: command failed: set -eu
E: mmdebstrap failed to run`,
  gone: `E: Version '20.0.0-1' for 'nodejs' was not found
orchestrate available libc6 2.41-12+deb13u5
orchestrate available libc6 2.41-12
orchestrate available nodejs 20.19.2+dfsg-1+deb13u3
orchestrate available nodejs 20.19.2+dfsg-1
E: mmdebstrap failed to run`,
  namespaces: 'unshare: unshare failed: Operation not permitted',
  full: 'unshare: unshare failed: No space left on device',
  subuid: 'unshare: no line matching user "ci" in /etc/subuid: Success',
  range: 'newuidmap: uid range [1-65536) -> [100000-165535) not allowed',
  uidmap: 'unshare: failed to execute newuidmap: No such file or directory',
  apparmor: 'newuidmap: write to uid_map failed: Operation not permitted',
  old: "unshare: unrecognized option '--map-auto'\nTry 'unshare --help' for more information.",
  tools: 'setpriv: failed to execute unshare: No such file or directory',
  sysfs: `mount: /tmp/mmdebstrap.x/sys: permission denied.
dpkg: error processing package foo (--configure):
E: mmdebstrap failed to run`,
  modes: 'E: unable to pick chroot mode automatically (use --mode for manual selection)',
  missing: 'sh: 4: exec: mmdebstrap: not found',
  dpkg: 'E: cannot find dpkg',
  key: `W: GPG error: http://deb.debian.org/debian trixie InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 6ED0E7B82643E131
E: The repository 'http://deb.debian.org/debian trixie InRelease' is not signed.
E: mmdebstrap failed to run`,
  conflict: `Some packages could not be installed. This may mean that you have
The following packages have unmet dependencies:
 exim4-daemon-light : Conflicts: mail-transport-agent
 postfix : Conflicts: mail-transport-agent
E: Unable to correct problems, you have held broken packages.
E: mmdebstrap failed to run`,
  other: `Setting up foo (1.0) ...
dpkg: error processing package foo (--configure):
 installed foo package post-installation script subprocess returned error exit status 1
E: Sub-process env returned an error code (1)
E: mmdebstrap failed to run`,
}

const failed = {
  name: 'node',
  source: debianSource(['nodejs']),
  locked: new Map([
    ['libc6', '2.41-12'],
    ['nodejs', '20.0.0-1'],
  ]),
}

it.each(Object.keys(RECORDED) as (keyof typeof RECORDED)[])('says what to do about: %s', (name) => {
  const log = createBootstrapLog()
  for (const line of RECORDED[name].split('\n')) log.push(line)
  const { kind, id, message, details, help } = bootstrapError(failed, { kind: 'problem', problem: log.problem() })
  expect([`${id} (${kind})`, message, ...details, `help: ${help}`].join('\n')).toMatchSnapshot()
})

it('reads versions sorted, and an outdated base', () => {
  const log = createBootstrapLog()
  for (const line of ['orchestrate package zlib1g 1:1.3', 'orchestrate package bash 5.2', 'orchestrate base-outdated']) log.push(line)
  expect([...log.versions()]).toEqual([
    ['bash', '5.2'],
    ['zlib1g', '1:1.3'],
  ])
  expect(log.problem()).toEqual({ kind: 'base-outdated' })
})

it('names every package that came out otherwise than locked', () => {
  const found = new Map([
    ['libc6', '2.42'],
    ['nodejs', '20.0.0-1'],
    ['tzdata', '2026a'],
  ])
  expect(versionsDiffer('node', failed.locked, found)).toEqual({
    kind: 'integrity',
    id: 'toolchain/identity-differs',
    message: 'toolchain "node" came out with other packages than builder.lock holds',
    details: ['libc6: locked 2.41-12, got 2.42', 'tzdata: locked not at all, got 2026a'],
    help: 'run `orchestrate lock --update node`, or pin the mirror by date with `debian.snapshot`',
  })
  expect(versionsDiffer('node', failed.locked, failed.locked)).toBeNull()
})
