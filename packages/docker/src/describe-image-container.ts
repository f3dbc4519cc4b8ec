import { compareCodeUnits } from '@orchestrate/core'
import type { EmittedImage, ImageRun } from '@orchestrate/execute'
import { valueAt } from './json-value.ts'
import { builderLabels } from './names.ts'

/** Kernels take no longer host names. */
const LONGEST_HOSTNAME = 63

/**
 * The body of the create call for an emitted image: everything as the image says, its ports on loopback under numbers that the engine chooses.
 * @see https://docs.docker.com/reference/api/engine/version/v1.44/#tag/Container/operation/ContainerCreate
 */
export function describeImageContainer(request: ImageRun, imageId: string): object {
  const { run, service, args, env } = request
  const ports = exposedPorts(request.image)
  return {
    Image: imageId,
    ...(args === null ? {} : { Cmd: args }),
    Env: [...env].map(([name, value]) => `${name}=${value}`),
    Hostname: service.slice(0, LONGEST_HOSTNAME),
    Labels: builderLabels({ run, id: `${service}:image` }),
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      PortBindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]])),
      // Output is read from the attached stream; the engine need not keep it.
      LogConfig: { Type: 'none' },
      RestartPolicy: { Name: 'no' },
    },
  }
}

/** `8080/tcp` and its like, sorted. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md */
export function exposedPorts({ config }: EmittedImage): readonly string[] {
  const declared = valueAt(JSON.parse(Buffer.from(config.bytes).toString('utf8')), 'config', 'ExposedPorts')
  return Object.keys(declared ?? {}).toSorted(compareCodeUnits)
}
