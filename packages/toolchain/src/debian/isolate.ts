import { join } from 'node:path'

/** How a bootstrap is started. */
export interface Launch {
  readonly argv: readonly [string, ...string[]]
  /** The bootstrap's TMPDIR. */
  readonly temporary: string
}

/**
 * Starts mmdebstrap so that it leaves nothing behind, however it ends, and however we end.
 *
 * It runs as root in mount and PID namespaces of its own: when its first process dies, every process and every mount goes with it,
 * and that one dies with us. There a volatile overlay takes the file syncs away that dpkg makes for each package: half of the
 * time, for files that are thrown away after a crash anyway. Where the kernel has no such overlay it works without.
 *
 * For an ordinary user there is a user namespace around them, in which this user is root and the subordinate ids are
 * everybody else: so the tar has the same owners, and the same bytes, as root's. mmdebstrap's own mode for that would map root to
 * a subordinate id, which has no access to the store.
 *
 * @param scratch a directory of the store
 * @see https://docs.kernel.org/filesystems/overlayfs.html#volatile-mount
 */
export function isolate(args: readonly string[], scratch: string, superuser: boolean): Launch {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc']
  const unshare = ['unshare', ...(superuser ? [] : USER_NAMESPACE), ...namespaces]
  // Without privileges an overlay keeps its notes in attributes that any owner of a file may set.
  const options = superuser ? 'volatile' : 'volatile,userxattr'
  return {
    argv: ['setpriv', '--pdeathsig', 'KILL', ...unshare, 'sh', '-c', OVERLAY_SCRIPT, 'sh', options, ...args],
    temporary: join(scratch, 'root'),
  }
}

/** Removes directories with files of subordinate ids in them, which their owner outside of the namespace may not remove. */
export function removeAsRootInside(paths: readonly string[]): readonly [string, ...string[]] {
  return ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...USER_NAMESPACE, 'rm', '-rf', '--one-file-system', '--', ...paths]
}

const USER_NAMESPACE = ['--user', '--map-root-user', '--map-auto']

const OVERLAY_SCRIPT = `set -eu
options=$1
shift
mkdir "$TMPDIR" "$TMPDIR.upper" "$TMPDIR.work"
mount -t overlay overlay -o "lowerdir=$TMPDIR,upperdir=$TMPDIR.upper,workdir=$TMPDIR.work,$options" "$TMPDIR" 2> /dev/null || true
exec mmdebstrap "$@"
`
