/** As in the platform object of the OCI image index; `variant` is null where the specification leaves it out. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant: string | null
}

/** `linux/amd64`, `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`
  return platform.variant === null ? base : `${base}/${platform.variant}`
}

/** The Linux platform for a Node `process.arch`, in the words of GOARCH, which OCI uses. */
export function linuxPlatform(nodeArch: string): Platform {
  const architecture = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386', ppc64: 'ppc64le', s390x: 's390x', riscv64: 'riscv64' }[
    nodeArch
  ]
  return { os: 'linux', architecture: architecture ?? nodeArch, variant: architecture === 'arm' ? 'v7' : null }
}
