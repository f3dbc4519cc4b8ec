/** Whether a builder runs as uid 0, which may write to every file that it sees. */
export function isRoot(user: string | null): boolean {
  return user === null || /^(0+|root)(:|$)/.test(user)
}
