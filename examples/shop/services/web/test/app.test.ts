import assert from 'node:assert/strict'
import test from 'node:test'
import { shop } from '../src/app.ts'
import type { Peers } from '../src/peers.ts'

const mug = { sku: 'mug', name: 'Mug & saucer', category: 'kitchen', price: '9.50', available: 3 }
const peers: Peers = {
  products: async () => [mug],
  product: async () => mug,
  quote: async (sku, quantity) => ({ sku, quantity, unit: mug.price, total: '102.60' }),
  recommendations: async (sku) => ({ sku, skus: ['pan', 'jug'] }),
}

test('lists the articles, their names escaped', async () => {
  const response = await shop(peers).request('/')
  assert.match(await response.text(), /<a href="\/products\/mug">Mug &amp; saucer<\/a> 9\.50 €/)
})

test('shows an article with what the other services know of it', async () => {
  const response = await shop(peers).request('/products/mug')
  const text = await response.text()
  assert.match(text, /9\.50 €, a dozen 102\.60 €, 3 in stock/)
  assert.match(text, /See also: pan, jug/)
})
