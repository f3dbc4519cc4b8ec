import type { HostCheck } from '@orchestrate/core'

/** What the kernel says about namespaces; null where it has no such setting. */
export interface MachineFacts {
  readonly uid: number
  /** A seccomp filter is on this process: we are in a container, or in a confined service. */
  readonly seccomp: boolean
  /** sysctl user.max_user_namespaces */
  readonly maxUserNamespaces: number | null
  /** sysctl kernel.unprivileged_userns_clone, of Debian's older kernels */
  readonly unprivilegedClone: number | null
  /** sysctl kernel.apparmor_restrict_unprivileged_userns */
  readonly apparmorRestricts: number | null
  /** Something is mounted over parts of /proc, as container engines do. */
  readonly maskedProc: boolean
}

/**
 * Why no container starts, as far as the machine's settings and the words of what refused tell, and what to do about each.
 *
 * @see user_namespaces(7), and the kernel's mount_too_revealing for /proc
 */
export function explainRefusal(words: readonly string[], facts: MachineFacts): readonly HostCheck[] {
  const text = words.join('\n')
  const causes = namespaceCauses(text, facts)
  // Whoever is refused by the profile of a container has not come as far as its /proc.
  const reached = causes.some(({ subject }) => subject === 'seccomp') || /mount.*proc|proc.*mount/i.test(text)
  return [...causes, ...(reached ? procCauses(facts) : [])]
}

const broken = (subject: string, message: string, help: string): HostCheck => ({ subject, state: 'broken', message, help })

function namespaceCauses(text: string, facts: MachineFacts): readonly HostCheck[] {
  if (facts.maxUserNamespaces === 0)
    return [broken('user namespaces', 'switched off: user.max_user_namespaces is 0', 'as root: sysctl -w user.max_user_namespaces=15000')]
  if (facts.uid !== 0 && facts.unprivilegedClone === 0)
    return [
      broken(
        'user namespaces',
        'switched off for users: kernel.unprivileged_userns_clone is 0',
        'as root: sysctl -w kernel.unprivileged_userns_clone=1',
      ),
    ]
  if (!/unshare|clone|newuidmap|newgidmap|permitted|permission/i.test(text)) return []
  if (facts.uid !== 0 && facts.apparmorRestricts === 1)
    return [
      broken(
        'user namespaces',
        'kept by AppArmor from programs that it does not know: kernel.apparmor_restrict_unprivileged_userns is 1',
        'as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give unshare and the runtime a profile with "userns,"',
      ),
    ]
  // Root's unshare makes no user namespace yet; what refuses that is another thing.
  if (!facts.seccomp && (facts.uid === 0 ? /clone: Operation not/ : /(?:clone|unshare failed): Operation not/).test(text))
    return [
      broken(
        'user namespaces',
        'refused by the kernel, which makes none for a process in a chroot',
        'start orchestrate outside of the chroot, or enter it as containers do: systemd-nspawn, pivot_root',
      ),
    ]
  if (!facts.seccomp || !/unshare failed|clone|keyring|pivot_root|sethostname|mount[^/]*: .*permi/i.test(text)) return []
  return [
    broken(
      'seccomp',
      'the seccomp profile of the container around us refuses what starts a container',
      'start that container with docs/containers/seccomp.json: docker run --security-opt seccomp=seccomp.json, or a localhostProfile in Kubernetes',
    ),
  ]
}

function procCauses({ maskedProc }: MachineFacts): readonly HostCheck[] {
  if (!maskedProc) return []
  return [
    broken(
      '/proc',
      'parts of it are masked by the container around us, so that no other can be mounted',
      'start that container with --security-opt systempaths=unconfined (Docker), or procMount: Unmasked with hostUsers: false (Kubernetes)',
    ),
  ]
}
