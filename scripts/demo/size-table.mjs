/**
 * One line a service: what was built, what ships, and the toolchain that stayed behind.
 * @param {readonly {id: string, kind: string, service: string | null, artifactBytes: number | null, toolchainBytes: number | null, image: {bytes: number} | null}[]} targets
 *   of the event `run-finished`
 */
export function sizeTable(targets) {
  const images = targets.filter((target) => target.kind === 'image' && target.image !== null)
  const rows = images.map(({ service, artifactBytes, image, toolchainBytes }) => {
    const builds = targets.filter((target) => target.kind === 'build' && target.service === service)
    const toolchain = toolchainBytes ?? Math.max(0, ...builds.map((build) => build.toolchainBytes ?? 0))
    return [
      service,
      artifactBytes ? megabytes(artifactBytes) : 'source',
      megabytes(image.bytes),
      toolchain > 0 ? megabytes(toolchain) : '–',
    ]
  })
  return layOut([['service', 'artifact', 'image', 'toolchain'], ...rows])
}

/** @param {number} bytes */
function megabytes(bytes) {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** @param {string[][]} rows */
function layOut(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   '))
    .join('\n')
}
