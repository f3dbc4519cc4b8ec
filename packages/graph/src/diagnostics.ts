/** Every finding of this package, for the reference of diagnostics. */
export const GRAPH_DIAGNOSTICS: readonly {
  readonly id: string
  readonly severity: 'error' | 'warning'
  readonly summary: string
  readonly help: string
}[] = [
  {
    id: 'graph/unknown-service',
    severity: 'error',
    summary: 'A need, a file of an image, its base or a gate names a service that the workspace does not have.',
    help: 'Correct the name; `orchestrate ls` lists the services.',
  },
  {
    id: 'graph/unknown-build',
    severity: 'error',
    summary: 'A need, a file of an image or a gate names a build that its service does not have.',
    help: 'Correct the name, or declare that build under `builds` of the service.',
  },
  {
    id: 'graph/unknown-artifact',
    severity: 'error',
    summary: 'A need or a file of an image names a path that is neither an output of the build nor inside one.',
    help: 'Correct the path, or add it to the `outputs` of the build.',
  },
  {
    id: 'graph/unknown-toolchain',
    severity: 'error',
    summary: 'A build or the base of an image names a toolchain that the workspace does not declare.',
    help: 'Correct the name, or declare it under `toolchains` of the root builder.yaml.',
  },
  {
    id: 'graph/toolchain-name-taken',
    severity: 'error',
    summary: 'A declared toolchain has the very name that the base of an image gets from its declaration, and is another one.',
    help: 'Rename the declared toolchain.',
  },
  {
    id: 'graph/reserved-name',
    severity: 'error',
    summary: 'A service named "toolchain" or a build named "image" would be confused with other targets.',
    help: 'Rename it.',
  },
  {
    id: 'graph/gate-not-a-build',
    severity: 'error',
    summary: 'A gate under `image.needs` names an image; only builds can be gates.',
    help: 'Name a build, usually a check (`outputs: []`).',
  },
  {
    id: 'graph/base-without-image',
    severity: 'error',
    summary: 'An image is based on a service that has no image.',
    help: 'Give that service an image, or choose another base.',
  },
  {
    id: 'graph/cycle',
    severity: 'error',
    summary:
      'Builds need each other, or images are based on each other, in a circle; the shortest one is shown, with the place of every edge.',
    help: 'Remove one of the needs or split one of the builds; give one of the images another base.',
  },
  {
    id: 'image/certificates-without-toolchain',
    severity: 'error',
    summary: 'An image asks for `caCertificates`, but no toolchain is there to take them from.',
    help: 'Use a base, copy an artifact of a build, or remove `caCertificates`.',
  },
  {
    id: 'image/timezones-without-toolchain',
    severity: 'error',
    summary: 'An image asks for `timezones`, but no toolchain is there to take them from.',
    help: 'Use a base, copy an artifact of a build, or remove `timezones`.',
  },
  {
    id: 'select/unknown-service',
    severity: 'error',
    summary: 'A selector on the command line names no service.',
    help: 'Correct the name; `orchestrate ls` lists the services.',
  },
  {
    id: 'select/matches-nothing',
    severity: 'error',
    summary: 'A glob or a directory on the command line selects no service.',
    help: 'Correct it; `orchestrate ls` lists the services and their directories.',
  },
  {
    id: 'select/outside-workspace',
    severity: 'error',
    summary: 'A directory on the command line lies outside the workspace.',
    help: 'Name a directory below the root builder.yaml.',
  },
]
