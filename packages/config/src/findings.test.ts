import { describe, expect, test } from 'vitest'
import { type FileTexts, findingsOf } from './load-texts.ts'

const ROOT = 'version: 1\nworkspace: { name: shop }\ntoolchains: { go: { image: golang, caches: { go: /root/.cache/go } } }\n'
const BUILD = 'toolchain: go, run: make'

/** The whole text of every finding, with the text that each place covers between ⟨ and ⟩. */
const cases: Readonly<Record<string, Readonly<Record<string, FileTexts>>>> = {
  'the schema': {
    'an unknown key': api(`build: { ${BUILD}, outputs: [], outputz: [app] }`),
    'an unknown key far from every known one': api('zzzzzz: 1\n__proto__: 2'),
    'strings that look like numbers': api(`build: { ${BUILD}, outputs: [], env: { A: 1, B: true, V: 3.10, N: } }`),
    'lists and maps that are none': api('build: { outputs: app, inputs: { a: b }, env: [x], needs: [x], run: { a: b } }\nimage: []'),
    'values that the key does not accept': api(
      'image: { ports: [0, http], from: alpine, maxSize: 20 MiB, user: 0, created: now, workdir: srv, files: [{ content: x, to: x, mode: "9", owner: root }] }',
    ),
    'a value near an accepted one': api(`build: { ${BUILD}, outputs: [], network: onn }`),
    'a base of two kinds and of none': {
      ...api('image: { from: { debian: { suite: trixie }, toolchain: go } }'),
      'b/builder.yaml': 'version: 1\nservice: b\nimage: { from: {} }\n',
    },
    'a file of an image of two kinds and of none': api(
      'image: { files: [{ artifact: build/a, source: x, to: /a }, { to: /b }, { content: x }] }',
    ),
    'a build without its keys': api('build: {}'),
    'a build with nothing': api('build:'),
    'run beside exec and build beside builds': api('build: { toolchain: go, run: x, exec: [x], outputs: [] }\nbuilds: {}'),
    'a file that declares nothing': { 'builder.yaml': ROOT, 'a/builder.yaml': 'version: 1\n' },
    'a file of another version': { 'builder.yaml': ROOT, 'a/builder.yaml': 'version: 2\nservice: a\n' },
    'a newer version, whose keys nobody knows': {
      'builder.yaml': ROOT,
      'a/builder.yaml': 'version: 2\nservice: a\nbuildz: { x: y }\n',
      'b/builder.yaml': 'version: "1"\nservice: b\n',
      'c/builder.yaml': 'version: 0\nservice: c\nbuildz: {}\n',
    },
    'keys without the one that they need': { 'builder.yaml': 'version: 1\nlibrary: x\nimage: {}\ntemplates: {}\n' },
    'toolchains of two kinds and of none': {
      'builder.yaml': 'version: 1\nworkspace: { name: s }\ntoolchains: { a: { image: x, rootfs: y }, b: {} }\n',
    },
    'names that are none': {
      'builder.yaml': ROOT,
      'a/builder.yaml': `version: 1\nservices: { Api: {}, "a b": {}, ${'x'.repeat(129)}: {}, ok: { builds: { Foo: {} } } }\n`,
    },
    'settings of the workspace': {
      'builder.yaml': 'version: 1\nworkspace: { repository: "UP:x", builderCertificates: none, members: "x" }\n',
    },
    'an engine that is none': engine('dokcer'),
    'an engine of an unknown kind': engine('{ podman: {} }'),
    'an embedded engine without its runtime': engine('{ embedded: { runtim: /usr/bin/crun } }'),
    'a runtime that is neither a name nor an absolute path': engine('{ embedded: { runtime: tools/crun } }'),
    'a runtime that is read from a variable': engine('{ embedded: { runtime: "${{ service.name }}" } }'),
    'an engine that is a list': engine('[docker]'),
    'many faults in many files': {
      'builder.yaml': 'version: 1\nworkspace: { nam: s }\n',
      'a/builder.yaml': 'version: x\nservice: a\n',
      'b/builder.yaml': 'service: [\n',
    },
  },
  names: {
    'reserved for orchestrate': {
      'builder.yaml': ROOT,
      'a/builder.yaml': `version: 1\nservices: { toolchain: {}, a: { builds: { image: { ${BUILD}, outputs: [] } } } }\n`,
    },
    'of two services': {
      'builder.yaml': ROOT,
      'a/builder.yaml': 'version: 1\nservice: x\n',
      'b/builder.yaml': 'version: 1\nservices: { x: {} }\n',
    },
    'of two libraries': {
      'builder.yaml': ROOT,
      'a/builder.yaml': 'version: 1\nlibrary: x\nsources: [a]\n',
      'b/builder.yaml': 'version: 1\nlibrary: x\nsources: [a]\n',
    },
    'of toolchains that nobody declared': api('build: { toolchain: goo, run: x, outputs: [] }\nimage: { from: { toolchain: rust } }'),
    'of libraries that nobody declared': {
      ...api('uses: [money]'),
      'm/builder.yaml': 'version: 1\nlibrary: mony\nsources: [a]\nuses: [clock]\n',
    },
    'of a toolchain that is the name of a base': {
      'builder.yaml':
        'version: 1\nworkspace: { name: s }\ntoolchains: { debian-trixie: { image: x } }\nservice: a\nimage: { from: { debian: { suite: trixie } } }\n',
    },
    'of environment variables': api(
      `build: { ${BUILD}, outputs: [], env: { 1A: x, A-B: x, SOURCE_DATE_EPOCH: "1", TARGETARCH: x, PATH: /bin } }`,
    ),
    'of images': { ...api('image: { repository: "a//b", tags: ["a b", -x] }'), 'b/builder.yaml': 'version: 1\nservice: a..b\nimage: {}\n' },
    'of artifacts and gates': api(
      `build: { ${BUILD}, outputs: [], needs: [{ artifact: deps, to: a }, { artifact: "x:y:z/a", to: b }, { artifact: deps/../a, to: c }] }\nimage: { needs: [a/b], files: [{ artifact: Build/app, to: /a }] }`,
    ),
    'of labels and annotations': api('image: { labels: { "a b": x, "${{ x }}": x }, annotations: { "a=b": x } }'),
  },
  libraries: {
    'that use each other': {
      'builder.yaml': ROOT,
      'a/builder.yaml': 'version: 1\nlibrary: a\nsources: ["**"]\nuses: [b]\n',
      'b/builder.yaml': 'version: 1\nlibrary: b\nsources: ["**"]\nuses: [c, d]\n',
      'c/builder.yaml': 'version: 1\nlibrary: c\nsources: ["**"]\nuses: [d]\n',
      'd/builder.yaml': 'version: 1\nlibrary: d\nsources: ["**"]\nuses: [a]\n',
      'e/builder.yaml': 'version: 1\nlibrary: e\nsources: ["**"]\nuses: [e, a]\n',
    },
    'whose sources only exclude, or hold variables': {
      'builder.yaml': ROOT,
      'a/builder.yaml': 'version: 1\nlibrary: a\nsources: ["!x", "!${{ service.name }}"]\n',
    },
  },
  paths: {
    'of inputs that leave the workspace or say nothing': api(
      `build: { ${BUILD}, outputs: [], inputs: [/x, ../../y, //../z, "a/../b", 'a\\b', "", "!", ../ok] }`,
    ),
    'of outputs outside /out, twice, nested and as patterns': api(
      `build: { ${BUILD}, outputs: [../x, /etc/x, /out/y, y, y/z, ".", "a*"] }`,
    ),
    'of needs that leave the workspace or hide what is there': api(
      `build: { ${BUILD}, outputs: [], needs: [{ artifact: a/a, to: ../../../x }, { artifact: a/b, to: . }, { artifact: a/c, to: /out/x }, { artifact: a/d, to: /proc }, { artifact: a/e, to: / }] }`,
    ),
    'of needs that are equal or nested': api(
      `build: { ${BUILD}, outputs: [], needs: [{ artifact: a/a, to: n/m }, { artifact: a/b, to: n }, { artifact: a/c, to: n }] }`,
    ),
    'of caches': api(
      `build: { ${BUILD}, outputs: [], caches: { a: target, b: /workspace/api/target, c: /, d: /root/.cache, e: /proc/x }, needs: [{ artifact: a/a, to: /root/.cache/x }] }`,
    ),
    'of a source that cannot be moved there': api(`build: { ${BUILD}, outputs: [], source: { path: /workspace/z } }`),
    'of files of an image': api(
      'image: { files: [{ source: ../../x, to: /a }, { source: /etc, to: /b }, { content: x, to: /b/ }, { content: y, to: /b }, { content: z, to: /../c }] }',
    ),
    'of images on disk': {
      'builder.yaml':
        'version: 1\nworkspace: { name: s }\ntoolchains: { a: { archive: "oci:../x" }, b: { archive: "docker-archive:/x.tar" }, c: { archive: x.tar }, d: { archive: "oci:x", image: y } }\n',
    },
    'of a rootfs outside the workspace': {
      'builder.yaml': 'version: 1\nworkspace: { name: s }\ntoolchains: { a: { rootfs: ../x.tar }, b: { rootfs: /x.tar } }\n',
    },
  },
  members: {
    'that are missing, outside, or workspaces of their own': {
      'builder.yaml': 'version: 1\nworkspace: { name: s, members: [a, b, ../c, n] }\n',
      'a/builder.yaml': 'version: 1\nservice: a\n',
      'n/builder.yaml': 'version: 1\nworkspace: { name: n }\n',
      'n/x/builder.yaml': 'not: ours\n',
      'other/builder.yaml': 'not: ours\n',
    },
    'that a pattern takes in or leaves out': {
      'builder.yaml': 'version: 1\nworkspace: { name: s, members: ["services/*", "!services/old", "none/*"] }\n',
      'services/a/builder.yaml': 'found: 1\n',
      'services/old/builder.yaml': 'left: out\n',
      'services/a/deep/builder.yaml': 'left: out\n',
    },
    'when there is no root file': { 'a/builder.yaml': 'version: 1\nservice: a\n' },
    'when the root file declares no workspace': { 'builder.yaml': 'version: 1\nservice: a\n' },
  },
  'included files': {
    'that are missing, outside, or of another kind': {
      'builder.yaml': 'version: 1\nworkspace: { name: s }\ninclude: [none.yaml, ../x.yaml, /etc/x.yaml, a/builder.yaml, list.yaml, 1]\n',
      'a/builder.yaml': 'version: 1\nservice: a\n',
      'list.yaml': '- x\n',
    },
    'whose findings are theirs': {
      'builder.yaml': 'version: 1\nworkspace: { name: s }\ninclude: [build/t.yaml]\n',
      'build/t.yaml':
        'version: 1\nservice: x\ntoolchains: { go: { imagee: golang } }\ntemplates:\n  t: { build: { toolchain: goo, run: "${{ params.x }}", outputs: [a] } }\n',
      'a/builder.yaml': 'version: 1\nservice: a\nextends: t\n',
    },
    'that are included by a member, or newer': {
      'builder.yaml': 'version: 1\nworkspace: { name: s }\ninclude: [t.yaml]\n',
      't.yaml': 'version: 3\nfragments: {}\n',
      'a/builder.yaml': 'version: 1\nservice: a\ninclude: [x.yaml]\n',
    },
    'that have names of each other': {
      'builder.yaml': `${ROOT}include: [t.yaml, u.yaml, //t.yaml]\n`,
      't.yaml': 'version: 1\ntoolchains: { go: { image: golang } }\ntemplates: { t: {} }\n',
      'u.yaml': 'version: 1\ntemplates: { t: {} }\n',
    },
  },
  values: {
    'that no image can have': api('image: { ports: [70000, "70000/udp"], files: [{ content: x, to: /a, owner: "4294967295" }] }'),
    'of healthchecks, volumes and signals': {
      ...api(
        'image: { healthcheck: { test: [], interval: 1d, timeout: 30, retries: 0 }, volumes: [data, /, "/a\\0b"], stopSignal: SIGTERMM }',
      ),
      'b/builder.yaml': 'version: 1\nservice: b\nimage: { healthcheck: { test: " ", startperiod: 1s }, stopSignal: 65 }\n',
      'c/builder.yaml': 'version: 1\nservice: c\nimage: { healthcheck: { interval: 1s }, volumes: /data, layers: deps }\n',
    },
    'of layers': api(
      'image: { layers: [deps, deps, Assets, assets], files: [{ content: x, to: /a, layer: dep }, { content: y, to: /b, layer: deps }] }',
    ),
    'of a layer where there are none': api('image: { files: [{ content: x, to: /a, layer: deps }] }'),
    'that name no command': api('builds: { a: { toolchain: go, run: [], outputs: [] }, b: { toolchain: go, exec: [""], outputs: [] } }'),
    'with a NUL character': api(`build: { toolchain: go, run: "a\\0b", outputs: [], env: { A: "\\0" } }\nimage: { env: { B: "\\0" } }`),
    'of Debian toolchains': {
      'builder.yaml':
        'version: 1\nworkspace: { name: s }\ntoolchains: { a: { debian: { suite: Trixie, packages: [Bad], mirror: "ftp://x", snapshot: today } }, b: { image: "Bad:: x" } }\n',
    },
    'with variables where none are replaced': {
      'builder.yaml':
        'version: 1\nworkspace: { name: s, repository: "a/${{ service.name }}" }\ntoolchains: { a: { image: x, env: { A: "${{ date }}" } } }\n',
    },
  },
}

for (const [group, inputs] of Object.entries(cases)) {
  describe(group, () => {
    test.each(Object.entries(inputs))('%s', async (_, texts) => {
      expect((await findingsOf(texts)).join('\n\n')).toMatchSnapshot()
    })
  })
}

function engine(value: string): FileTexts {
  return { 'builder.yaml': `version: 1\nworkspace: { name: s, engine: ${value} }\n` }
}

function api(body: string): FileTexts {
  return { 'builder.yaml': ROOT, 'api/builder.yaml': `version: 1\nservice: api\n${body}\n` }
}
