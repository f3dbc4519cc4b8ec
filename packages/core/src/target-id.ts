declare const targetIdBrand: unique symbol

/** `toolchain:NAME`, `SERVICE:BUILD` or `SERVICE:image`: the stable name of a target, as `plan --json` prints it. */
export type TargetId = string & { readonly [targetIdBrand]: true }

export type TargetKind = 'toolchain' | 'build' | 'image'

export const toolchainTargetId = (toolchain: string): TargetId => `toolchain:${toolchain}` as TargetId

export const buildTargetId = (service: string, build: string): TargetId => `${service}:${build}` as TargetId

export const imageTargetId = (service: string): TargetId => `${service}:image` as TargetId
