// Preloaded into a Node process: writes the largest resident set that it had itself, in MiB, to the file that OWN_PEAK names.
const { writeFileSync } = require('node:fs')

process.on('exit', () => writeFileSync(process.env.OWN_PEAK, String(process.resourceUsage().maxRSS / 1024)))
