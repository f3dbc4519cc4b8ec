import type { Builder } from '@orchestrate/execute'
import type { DockerMount } from './lay-out-mounts.ts'
import { builderLabels } from './names.ts'

/** What toolchains need to unpack archives, switch users and write to their own files; nothing that reaches the host. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'] as const

export interface ContainerOptions {
  readonly image: string
  readonly mounts: readonly DockerMount[]
  readonly init: boolean
  /** False: a builder without a network gets a network namespace from the engine's own machinery, slowly, instead of from its runtime. */
  readonly bareNetwork: boolean
}

/**
 * The body of the create call for a builder: exec form, Mounts instead of Binds, labels from the start, no AutoRemove.
 * @see https://docs.docker.com/reference/api/engine/version/v1.44/#tag/Container/operation/ContainerCreate
 */
export function describeContainer(builder: Builder, { image, mounts, init, bareNetwork }: ContainerOptions): object {
  return {
    Image: image,
    // Empty, so that an image's own entrypoint cannot wrap the command.
    Entrypoint: [],
    Cmd: builder.argv,
    Env: variables(builder),
    WorkingDir: builder.workdir,
    User: builder.user ?? '0',
    Hostname: builder.hostname,
    Labels: builderLabels(builder),
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ['NONE'] },
    // The runtime makes a namespace with nothing but the loopback: 70 ms less than the engine needs for the same (a network,
    // a sandbox, a hook that starts the engine's executable again). NetworkMode says the same to engines that do not know it.
    NetworkDisabled: builder.network === 'off' && bareNetwork,
    HostConfig: {
      NetworkMode: builder.network === 'on' ? 'bridge' : 'none',
      Mounts: mounts,
      CapDrop: ['ALL'],
      CapAdd: CAPABILITIES,
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: builder.limits.pids,
      ...resources(builder.limits),
      IpcMode: 'private',
      Init: init,
      // Output is read from the attached stream; the engine need not keep it.
      LogConfig: { Type: 'none' },
      RestartPolicy: { Name: 'no' },
    },
  }
}

/** Swap counts as memory: a builder over its limit is killed, not slowed down. */
function resources({ memory, cpus }: Builder['limits']): object {
  return {
    ...(memory === null ? {} : { Memory: memory, MemorySwap: memory }),
    ...(cpus === null ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
  }
}

/**
 * Exactly the builder's variables, and PATH from the root file system where the builder names none. A bare name takes a
 * variable away: the engine would otherwise add HOSTNAME and whatever the image sets.
 */
function variables(builder: Builder): readonly string[] {
  const path = builder.root.env.get('PATH')
  const set = new Map(builder.env)
  if (!set.has('PATH') && path !== undefined) set.set('PATH', path)
  const unwanted = ['HOSTNAME', ...builder.root.env.keys()].filter((name) => !set.has(name))
  return [...[...set].map(([name, value]) => `${name}=${value}`), ...new Set(unwanted)]
}
