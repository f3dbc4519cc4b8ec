import { join } from 'node:path'

/** How a bootstrap is started, and how it is stopped. */
export interface Launch {
  readonly argv: readonly [string, ...string[]]
  readonly stop: 'terminate' | 'kill'
  /** The bootstrap's TMPDIR, or null for the machine's own. */
  readonly temporary: string | null
}

/**
 * Starts mmdebstrap so that it leaves nothing behind, however it ends, and however we end.
 *
 * As root it runs in mount and PID namespaces of its own: when its first process dies, every process and every mount goes with it,
 * and that one dies with us. There a volatile overlay takes the file syncs away that dpkg makes for each package: half of the
 * time, for files that are thrown away after a crash anyway. Where the kernel has no such overlay it works without.
 * Without root, mmdebstrap makes its own namespaces, whose user has no access to the store.
 *
 * @param scratch a directory of the store
 * @see https://docs.kernel.org/filesystems/overlayfs.html#volatile-mount
 */
export function isolate(args: readonly string[], scratch: string, superuser: boolean): Launch {
  if (!superuser) return { argv: ['mmdebstrap', ...args], stop: 'terminate', temporary: null }
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc']
  return {
    argv: ['setpriv', '--pdeathsig', 'KILL', ...namespaces, 'sh', '-c', OVERLAY_SCRIPT, 'sh', ...args],
    stop: 'kill',
    temporary: join(scratch, 'root'),
  }
}

const OVERLAY_SCRIPT = `set -eu
mkdir "$TMPDIR" "$TMPDIR.upper" "$TMPDIR.work"
mount -t overlay overlay -o "lowerdir=$TMPDIR,upperdir=$TMPDIR.upper,workdir=$TMPDIR.work,volatile" "$TMPDIR" 2> /dev/null || true
exec mmdebstrap "$@"
`
