import { expect, it } from 'vitest'
import { explainRefusal, type MachineFacts } from './explain-refusal.ts'

const FREE: MachineFacts = {
  uid: 1000,
  seccomp: false,
  maxUserNamespaces: 15_000,
  unprivilegedClone: null,
  apparmorRestricts: null,
  maskedProc: false,
}

it.each<[string, Partial<MachineFacts>, string, string[]]>([
  ['user namespaces that are switched off', { maxUserNamespaces: 0 }, 'unshare failed: No space left on device', ['user namespaces']],
  ['Debian’s older switch', { unprivilegedClone: 0 }, 'unshare failed: Operation not permitted', ['user namespaces']],
  ['AppArmor', { apparmorRestricts: 1 }, 'newuidmap: write to uid_map failed: Operation not permitted', ['user namespaces']],
  ['a chroot', { uid: 0 }, 'clone: Operation not permitted', ['user namespaces']],
  ['a container’s seccomp profile', { seccomp: true }, 'unshare: unshare failed: Operation not permitted', ['seccomp']],
  ['the keyring that it refuses', { seccomp: true }, 'create keyring `x`: Operation not permitted', ['seccomp']],
  ['a masked /proc', { maskedProc: true }, 'unshare: mount /proc failed: Operation not permitted', ['/proc']],
  [
    'a masked /proc behind a filter',
    { maskedProc: true, seccomp: true },
    'unshare: mount /proc failed: Operation not permitted',
    ['/proc'],
  ],
  [
    'both, where the filter comes first',
    { maskedProc: true, seccomp: true },
    'unshare: unshare failed: Operation not permitted',
    ['seccomp', '/proc'],
  ],
  ['nothing that is known', {}, 'crun: exec format error', []],
  ['nothing of users for root', { uid: 0, unprivilegedClone: 0, apparmorRestricts: 1 }, 'unshare failed: Operation not permitted', []],
])('names %s', (_, facts, words, subjects) => {
  expect(explainRefusal([words], { ...FREE, ...facts }).map(({ subject }) => subject)).toEqual(subjects)
})

it('says what is wrong and what to do', () => {
  expect(explainRefusal(['unshare: unshare failed: Operation not permitted'], { ...FREE, maxUserNamespaces: 0 })).toEqual([
    {
      subject: 'user namespaces',
      state: 'broken',
      message: 'switched off: user.max_user_namespaces is 0',
      help: 'as root: sysctl -w user.max_user_namespaces=15000',
    },
  ])
})
