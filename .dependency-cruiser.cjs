/** Which room may import which; `npm run lint:rooms`. An arrow goes only downward. */

const TOP = '^src/(index|mesh|mesh-interface|mesh-node|mesh-options|connectivity|page-life|spelling|no-spelling)\\.ts$'
/** Rooms that anybody may import: names, numbers and small tools without state. */
const FLOOR = '^src/(errors\\.ts|util/|wire/(limits|names|protocols)\\.ts)'

/** From top to bottom. A room may import those of lower layers, and of its own layer only types. */
const LAYERS = [
  ['rpc', 'links', 'pubsub', 'election', 'monitor'],
  ['discovery', 'balancing', 'records'],
  ['streams', 'wire', 'storage', 'transport', 'webrtc']
]

const room = names => `^src/(${names.join('|')})/`
const noTypeOnly = { dependencyTypesNot: ['type-only'] }

const layerRules = LAYERS.flatMap((rooms, i) => [
  {
    name: `no-upward-from-${rooms[0]}`,
    comment: 'A room may not import a room of a higher layer, not even its types: interfaces are declared in the room that is used.',
    severity: 'error',
    from: { path: room(rooms) },
    to: { path: [...LAYERS.slice(0, i).flat().map(name => `^src/${name}/`), TOP, '^src/(testing|cli)/'] }
  },
  {
    name: `no-sideways-in-${rooms[0]}`,
    comment: 'Rooms of one layer share types at most; mesh.ts plugs them together.',
    severity: 'error',
    from: { path: `^src/(${rooms.join('|')})/` },
    to: { path: room(rooms), pathNot: ['^src/$1/', FLOOR], ...noTypeOnly }
  }
])

const npm = (...names) => names.map(name => `node_modules/${name}/`)

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'floor-imports-nothing',
      comment: 'errors, util and limits are at the bottom.',
      severity: 'error',
      from: { path: FLOOR },
      to: { path: '^src/', pathNot: FLOOR }
    },
    {
      name: 'no-testing-or-cli',
      comment: 'What ships to users does not import what tests it or what runs it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(testing|cli)/' },
      to: { path: '^src/(testing|cli)/' }
    },
    {
      name: 'no-outside',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|demo|examples|scripts|dist)/' }
    },
    {
      name: 'no-circular',
      comment: 'An index.ts declares types that its own files import; any other cycle is a missing room.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: noTypeOnly }
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['\\.d\\.ts$'] },
      to: {}
    },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true }
    },
    {
      name: 'not-to-dev-dep',
      comment: 'What is an optional peer as well is installed by who uses the entry point.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: npm('@libp2p/webrtc'), ...noTypeOnly }
    },
    {
      name: 'streams-only-in-streams',
      comment: 'Helpers of @libp2p/utils touch libp2p streams; eslint tells which of them are free.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(streams|transport|webrtc|discovery|testing|cli)/', TOP] },
      to: { path: npm('@libp2p/utils'), ...noTypeOnly }
    },
    {
      name: 'stack-only-in-transport',
      comment: 'Every override of a libp2p default stands in transport/, so what is configured is made there.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(transport|webrtc|testing|cli)/' },
      to: {
        path: npm(
          '@libp2p/tcp', '@libp2p/websockets', '@libp2p/webrtc', '@libp2p/memory', '@libp2p/yamux', '@libp2p/noise',
          '@libp2p/tls', '@libp2p/kad-dht', '@libp2p/gossipsub', '@libp2p/circuit-relay-v2', '@libp2p/identify',
          '@libp2p/ping'
        ),
        ...noTypeOnly
      }
    },
    {
      name: 'webrtc-only-by-its-entry',
      comment: '@libp2p/webrtc is an optional peer: whoever has not installed it must not meet it, nor pages that need no direct path.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/webrtc/' },
      to: { path: ['^src/webrtc/', ...npm('@libp2p/webrtc')], ...noTypeOnly }
    },
    {
      name: 'bytes-only-in-wire',
      comment: 'One room knows the codecs.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/wire/' },
      to: { path: npm('cborg', 'protons-runtime'), ...noTypeOnly }
    },
    {
      name: 'disks-only-in-storage',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(storage|cli)/' },
      to: { path: npm('classic-level', 'idb'), ...noTypeOnly }
    },
    {
      name: 'core-is-pure',
      comment: 'A core imports cores, errors, limits and types.',
      severity: 'error',
      from: { path: '\\.core\\.ts$' },
      to: { pathNot: ['\\.core\\.ts$', FLOOR], ...noTypeOnly }
    }
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      conditionNames: ['braid-mesh-source', 'import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.d.ts']
    }
  }
}
