export { DOCKER_DIAGNOSTICS } from './diagnostics.ts'
export { createDockerEngine, type DockerEngineOptions } from './docker-engine.ts'
export { type DockerHost, formatDockerHost, parseDockerHost } from './docker-host.ts'
export { pingEngine } from './ping.ts'
