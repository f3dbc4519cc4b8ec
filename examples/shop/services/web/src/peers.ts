import type { ZodType } from 'zod'
import { Product, Quote, Recommendations } from '../gen/api.ts'

export interface Peers {
  products(): Promise<Product[]>
  product(sku: string): Promise<Product>
  quote(sku: string, quantity: number): Promise<Quote>
  recommendations(sku: string): Promise<Recommendations>
}

/** The other services of the shop; what they answer is checked against the schema that all were generated from. */
export function httpPeers(environment: NodeJS.ProcessEnv): Peers {
  const { CATALOG_URL, CHECKOUT_URL, RECOMMEND_URL } = environment
  return {
    products: () => read(`${CATALOG_URL}/products`, Product.array()),
    product: (sku) => read(`${CATALOG_URL}/products/${encodeURIComponent(sku)}`, Product),
    quote: (sku, quantity) => read(`${CHECKOUT_URL}/quote?sku=${encodeURIComponent(sku)}&quantity=${quantity}`, Quote),
    recommendations: (sku) => read(`${RECOMMEND_URL}/recommendations/${encodeURIComponent(sku)}`, Recommendations),
  }
}

async function read<T>(url: string, message: ZodType<T>): Promise<T> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return message.parse(await response.json())
}
