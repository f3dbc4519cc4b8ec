// `npm run demo`: set-up, then plan and apply the shop, start its images, let them answer, show their sizes.
// `npm run demo -- --engine docker|embedded` chooses what builds and runs them.
import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { DockerServices } from './demo/docker-services.mjs'
import { EmbeddedServices } from './demo/embedded-services.mjs'
import { readEngine } from './demo/engine-argument.mjs'
import { sizeTable } from './demo/size-table.mjs'
import { waitForAnswer } from './demo/wait-for-answer.mjs'
import { exitWith, setUp } from './setup.mjs'
import { orchestrate } from './setup/bundle.mjs'
import { root } from './setup/root.mjs'

const started = performance.now()
const shop = join(root, 'examples', 'shop')
/** Of every orchestrate that runs here; set-up chooses the engine. */
const environment = { ...process.env }
const interrupt = new AbortController()
/** A service that was started does not answer. */
class SilentService extends Error {}
/** @type {import('node:child_process').ChildProcess | null} */
let running = null

await exitWith(async () => {
  const wanted = readEngine(process.argv.slice(2), process.env)
  if (wanted === null) {
    say('usage: npm run demo -- [--engine auto|docker|embedded]          (ORCHESTRATE_ENGINE says the same)')
    return 64
  }
  // Until here a signal simply ends us: set-up is taken up again by the next run.
  const { engine, because } = await setUp('demo', wanted)
  say(`\nengine: ${engine === 'docker' ? 'Docker' : 'embedded, without a daemon'}, ${because}`)
  environment.ORCHESTRATE_ENGINE = engine
  const services = engine === 'docker' ? new DockerServices(`orchestrate-demo-${process.pid}`) : new EmbeddedServices(shop, environment)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
  try {
    return await Promise.race([demo(services, engine), interrupted()])
  } catch (error) {
    if (!(error instanceof SilentService)) throw error
    say(error.message)
    return 1
  } finally {
    await services.remove()
  }
})
if (interrupt.signal.aborted) process.exit()

/** @param {NodeJS.Signals} signal */
function stop(signal) {
  running?.kill(signal)
  interrupt.abort(128 + constants.signals[signal])
}

/** @param {DockerServices | EmbeddedServices} services @param {'docker' | 'embedded'} engine */
async function demo(services, engine) {
  await forgetOldLock()
  for (const command of ['plan', 'apply']) {
    say(`\n$ orchestrate ${command}          (in examples/shop)`)
    const { code } = await runOrchestrate([command], ['inherit', 'inherit'])
    if (code !== 0) return code
  }
  const targets = await summaries()
  const images = new Map(targets.filter(({ image }) => image !== null).map(({ service, image }) => [service, image.reference]))
  say(`\nstarting ${[...images.keys()].join(', ')}`)
  const addresses = await services.start(images)
  for (const [service, address] of addresses) await answer(services, service, `${address}/health`)
  const page = `${addresses.get('web')}/products/mug`
  const text = (await answer(services, 'web', page))
    .replace(/<title>.*?<\/title>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  say(`\n$ curl ${page}\n${text}\n(web asked catalog, checkout and recommend; catalog asked stock)\n`)
  process.stdout.write(`${sizeTable(targets)}\n`)
  say(
    `\ndone in ${((performance.now() - started) / 1000).toFixed(1)} s; the images stay: ${engine === 'docker' ? "docker images 'shop/*'" : 'in the store, for `orchestrate run`'}`,
  )
  return 0
}

/** The example's builder.lock is not committed: one that an older checkout wrote, or that is not whole, is no more than in the way. */
async function forgetOldLock() {
  const lock = join(shop, 'builder.lock')
  if (!existsSync(lock)) return
  const { code } = await runOrchestrate(['lock', '--check'], ['ignore', 'ignore'])
  if (code !== 0) rmSync(lock)
}

/** The same apply again finds nothing to do, and says as JSON what there is. */
async function summaries() {
  const { code, stdout } = await runOrchestrate(['apply', '--json'], ['pipe', 'inherit'])
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? 'null')
  if (code !== 0 || last?.type !== 'run-finished') throw new Error(`apply --json ended with ${code}`)
  return last.targets
}

/** @param {DockerServices | EmbeddedServices} services @param {string} service @param {string} url */
async function answer(services, service, url) {
  try {
    return await waitForAnswer(url, 60, () => services.runs(service))
  } catch (error) {
    throw new SilentService(`${service} does not answer: ${String(error)}\n${await services.log(service)}`)
  }
}

/**
 * @param {readonly string[]} args
 * @param {['inherit' | 'pipe' | 'ignore', 'inherit' | 'ignore']} output stdout and stderr
 * @returns {Promise<{code: number, stdout: string}>}
 */
function runOrchestrate(args, output) {
  return new Promise((resolve, reject) => {
    // A process group of its own: a terminal's Ctrl-C comes to us alone, and we pass on each signal once.
    const child = spawn(process.execPath, [orchestrate, ...args], {
      cwd: shop,
      env: environment,
      stdio: ['ignore', ...output],
      detached: true,
    })
    running = child
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk) => (text += chunk))
    child.once('error', reject)
    child.once('close', (code) => {
      running = null
      resolve({ code: code ?? 1, stdout: text })
    })
  })
}

/** @returns {Promise<number>} the exit code, once a signal has come and the command that it reached has ended */
function interrupted() {
  return new Promise((resolve) => {
    interrupt.signal.addEventListener('abort', () => {
      if (running === null) resolve(interrupt.signal.reason)
      else running.once('close', () => resolve(interrupt.signal.reason))
    })
  })
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`)
}
