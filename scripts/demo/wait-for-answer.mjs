import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The text of the first answer with status 200.
 * @param {string} url
 * @param {number} seconds how long to go on asking
 * @param {() => boolean} runs whether an answer can still come
 */
export async function waitForAnswer(url, seconds, runs) {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    try {
      const { status, text } = await get(url)
      if (status === 200) return text
      if (performance.now() > deadline) throw new Error(`${url} answers ${status}: ${text}`)
    } catch (error) {
      if (performance.now() > deadline || !runs()) throw error
    }
    await sleep(50)
  }
}

/**
 * node:http, because the fetch of Node 20 may leave a request that is reset while it connects without an answer and without
 * anything that keeps the process alive.
 * @param {string} url
 * @returns {Promise<{status: number, text: string}>}
 */
function get(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false, timeout: 5_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      response.once('error', reject).once('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    request.once('error', reject).once('timeout', () => request.destroy(new Error(`${url} is silent`)))
  })
}
