/**
 * Orders strings by UTF-16 code unit, the one order used for everything that is hashed, stored or shown:
 * it does not depend on the locale of the machine.
 */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
