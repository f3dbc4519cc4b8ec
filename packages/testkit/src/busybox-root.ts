import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson, digestFromHex, digestOf, linuxPlatform } from '@orchestrate/core'
import type { RootFilesystem } from '@orchestrate/execute'

const BUSYBOX = '/bin/busybox'

/**
 * The smallest root file system in which builders of tests run: Debian's busybox-static with all its applets in /bin, the users
 * root and builder (1000), and nothing else. The same bytes wherever the same busybox is installed. The tar lies in `directory`.
 */
export function busyboxRoot(directory: string): RootFilesystem {
  const tree = mkdtempSync(join(directory, 'busybox-'))
  fillTree(tree)
  const file = `${tree}.tar`
  execFileSync('tar', [
    '--create',
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--format=ustar',
    '--file',
    file,
    '--directory',
    tree,
    '.',
  ])
  rmSync(tree, { recursive: true })
  const diffId = digestFromHex(createHash('sha256').update(readFileSync(file)).digest('hex'))
  const env = { PATH: '/bin' }
  return {
    identity: digestOf(canonicalJson({ domain: 'orchestrate/test-root', diffIds: [diffId], env })),
    platform: linuxPlatform(process.arch),
    env: new Map(Object.entries(env)),
    user: null,
    workdir: null,
    size: statSync(BUSYBOX).size,
    content: { kind: 'layers', layers: [{ diffId, size: statSync(file).size, file }] },
  }
}

function fillTree(tree: string): void {
  for (const name of ['bin', 'etc', 'root', 'tmp']) mkdirSync(join(tree, name), { mode: 0o755 })
  chmodSync(join(tree, 'tmp'), 0o1777)
  chmodSync(tree, 0o755)
  copyFileSync(BUSYBOX, join(tree, 'bin/busybox'))
  chmodSync(join(tree, 'bin/busybox'), 0o755)
  for (const applet of execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).split('\n')) {
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(tree, 'bin', applet))
  }
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nbuilder:x:1000:1000:builder:/tmp:/bin/sh\n', { mode: 0o644 })
  writeFileSync(join(tree, 'etc/group'), 'root:x:0:\nbuilder:x:1000:\n', { mode: 0o644 })
}
