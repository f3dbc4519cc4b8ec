import { Hono } from 'hono'
import { html } from 'hono/html'
import type { Peers } from './peers.ts'

/** The pages of the shop: `/` lists what there is, `/products/:sku` shows one article. */
export function shop(peers: Peers): Hono {
  const app = new Hono()
  app.get('/health', (context) => context.text('ok\n'))
  app.get('/', async (context) => {
    const products = await peers.products()
    return context.html(
      page('Shop', html`<ul>${products.map((p) => html`<li><a href="/products/${p.sku}">${p.name}</a> ${p.price} €</li>`)}</ul>`),
    )
  })
  app.get('/products/:sku', async (context) => {
    const sku = context.req.param('sku')
    const [product, dozen, also] = await Promise.all([peers.product(sku), peers.quote(sku, 12), peers.recommendations(sku)])
    return context.html(
      page(
        product.name,
        html`<p>${product.price} €, a dozen ${dozen.total} €, ${product.available} in stock</p><p>See also: ${also.skus.join(', ')}</p>`,
      ),
    )
  })
  return app
}

function page(title: string, body: unknown) {
  return html`<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>`
}
