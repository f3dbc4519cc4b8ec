export type { LockedToolchains, ReadyOptions, ReadyToolchain, Toolchains } from './toolchain.ts'
