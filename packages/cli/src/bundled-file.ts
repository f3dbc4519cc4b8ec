import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The path of a script that the bundler put beside the executable (chunks lie one directory below), or null when this is no bundle. */
export function findBundled(name: string): string | null {
  const places = [name, `../${name}`].map((place) => fileURLToPath(new URL(place, import.meta.url)))
  return places.find((path) => existsSync(path)) ?? null
}
