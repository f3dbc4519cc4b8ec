import { serve } from '@hono/node-server'
import { shop } from './app.ts'
import { httpPeers } from './peers.ts'

// Process 1 of a container has no default action for signals.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
const { HOST, PORT } = process.env
serve({ fetch: shop(httpPeers(process.env)).fetch, port: Number(PORT || 8080), ...(HOST ? { hostname: HOST } : {}) })
