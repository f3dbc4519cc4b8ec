/** Replaced by the bundler with the version of package.json. */
declare const ORCHESTRATE_VERSION: string

export const VERSION: string = typeof ORCHESTRATE_VERSION === 'string' ? ORCHESTRATE_VERSION : '0.0.0'

/** Replaced by the bundler with a digest of everything that it bundled. */
declare const ORCHESTRATE_BUILD: string

/** Differs for any two programs that may make different plans of the same files; null when this is no bundle. */
export const BUILD: string | null = typeof ORCHESTRATE_BUILD === 'string' ? ORCHESTRATE_BUILD : null
