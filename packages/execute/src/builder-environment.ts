import { buildEnvironment } from '@orchestrate/fingerprint'
import type { BuildTarget, ToolchainTarget } from '@orchestrate/graph'
import { HOST_CERTIFICATES_PATH, type RootFilesystem } from './engine.ts'
import type { Run } from './run.ts'

/** Variables by which common tools find a CA bundle. */
const CERTIFICATE_VARIABLES = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'CARGO_HTTP_CAINFO',
]

/**
 * The complete environment of a builder: what was hashed, above the root file system's own (PATH),
 * and, only with a network, what never enters a fingerprint: the host's proxies and CA bundle.
 */
export function builderEnvironment(
  run: Run,
  target: BuildTarget,
  toolchain: ToolchainTarget,
  root: RootFilesystem,
): ReadonlyMap<string, string> {
  const hashed = buildEnvironment(target.build, toolchain.toolchain, run.deps.platform)
  const outside = new Map<string, string>()
  if (target.build.network === 'on') {
    for (const [name, value] of run.deps.proxyEnvironment) outside.set(name, value)
    if (run.deps.hostCertificates !== null) for (const name of CERTIFICATE_VARIABLES) outside.set(name, HOST_CERTIFICATES_PATH)
  }
  return new Map([...root.env, ...outside, ...hashed])
}
