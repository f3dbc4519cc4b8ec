import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A tar as GNU tar writes it, for tests: contents by path; `-> target` is a symlink. */
export function sampleTar(files: Readonly<Record<string, string>>, format: 'pax' | 'gnu' | 'ustar' = 'pax'): Buffer {
  const tree = mkdtempSync(join(tmpdir(), 'sample-tar-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true })
      if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(tree, path))
      else writeFileSync(join(tree, path), content)
    }
    const fixed = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX']
    const times = format === 'pax' ? ['--pax-option=delete=atime,delete=ctime'] : []
    return execFileSync('tar', ['--create', `--format=${format}`, ...times, ...fixed, '-C', tree, '.'], { maxBuffer: 64 * 1024 * 1024 })
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}
