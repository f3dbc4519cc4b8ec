const choices = ['auto', 'docker', 'embedded']

/**
 * What `--engine` says, else ORCHESTRATE_ENGINE, else auto.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {'auto' | 'docker' | 'embedded' | null} null for what cannot be understood
 */
export function readEngine(args, env) {
  const joined = args.length === 1 ? /^--engine=(.*)$/.exec(args[0])?.[1] : undefined
  const flag = joined ?? (args.length === 2 && args[0] === '--engine' ? args[1] : undefined)
  if (args.length > 0 && flag === undefined) return null
  const written = flag ?? (env.ORCHESTRATE_ENGINE || 'auto')
  return choices.includes(written) ? written : null
}
