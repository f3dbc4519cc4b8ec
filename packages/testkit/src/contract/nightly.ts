/** True where the long form of a sweep is wanted: the same tests with larger parameters. */
export const NIGHTLY = process.env['ORCHESTRATE_NIGHTLY'] === '1'
