/**
 * What engines set HOME to: the directory that passwd(5) has for a user, by name or number, else `/`.
 *
 * @param user `uid`, `name`, or either with `:group`; null is uid 0
 * @param passwd text of /etc/passwd, empty where there is none
 */
export function homeOf(user: string | null, passwd: string): string {
  const [wanted = '0'] = (user ?? '0').split(':')
  const row = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name, , uid]) => name === wanted || uid === wanted)
  const home = row?.[5] ?? ''
  return home.startsWith('/') ? home : '/'
}
