import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findStartError } from './find-start-error.ts'
import type { InnerFiles } from './inner-files.ts'

let files: InnerFiles

beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'inner-'))
  files = {
    root: join(directory, 'root'),
    mounts: [
      { to: '/workspace', source: join(directory, 'view') },
      { to: '/opt/tools', source: join(directory, 'tools') },
      { to: '/opt/one', source: join(directory, 'one') },
    ],
  }
  put('root/usr/bin/sh', 0o755)
  put('root/etc/passwd', 0o644)
  put('view/app/build.sh', 0o755)
  put('view/app/notes.txt', 0o644)
  put('tools/bin/go', 0o755)
  put('one', 0o755)
  symlinkSync('usr/bin', join(files.root, 'bin'))
  symlinkSync('/usr/bin/sh', join(files.root, 'usr/bin/absolute'))
  symlinkSync('../../../../../../../../usr/bin/sh', join(files.root, 'usr/bin/climbing'))
  symlinkSync('loop', join(files.root, 'usr/bin/loop'))

  function put(path: string, mode: number): void {
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    writeFileSync(join(directory, path), '')
    chmodSync(join(directory, path), mode)
  }
})

afterEach(() => rmSync(dirname(files.root), { recursive: true }))

function tryCommand(name: string, searchPath = '/usr/local/bin:/bin'): ReturnType<typeof findStartError> {
  return findStartError(files, { argv: [name, '-v'], workdir: '/workspace/app', searchPath })
}

it.each([
  'sh',
  '/bin/sh',
  'absolute',
  'climbing',
  './build.sh',
  '/workspace/app/build.sh',
  '/opt/tools/bin/go',
  '/opt/one',
  '/proc/self/exe',
])('lets %s be tried', (name) => {
  expect(tryCommand(name)).toBeNull()
})

it.each(['no-such', 'passwd', 'build.sh', '', 'loop'])('does not find "%s" on PATH', (name) => {
  expect(tryCommand(name)).toEqual({ code: 127, message: `exec: "${name}": executable file not found in $PATH` })
})

it.each(['/no/such', './no-such', '/etc/passwd/below', '/opt/no', '/opt/one/below'])('does not find %s', (name) => {
  expect(tryCommand(name)).toEqual({ code: 127, message: `exec: "${name}": executable file not found` })
})

it.each(['/etc/passwd', './notes.txt', '/usr/bin', '/opt'])('may not run %s', (name) => {
  expect(tryCommand(name)).toEqual({ code: 126, message: `exec: "${name}": permission denied` })
})

it('looks in the directories of PATH from the working directory', () => {
  expect(tryCommand('build.sh', '/bin:.')).toBeNull()
})
