/** Replaced by the bundler with the version of package.json. */
declare const ORCHESTRATE_VERSION: string

export const VERSION: string = typeof ORCHESTRATE_VERSION === 'string' ? ORCHESTRATE_VERSION : '0.0.0'
