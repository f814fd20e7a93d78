import jsdoc from 'eslint-plugin-jsdoc'
import neostandard from 'neostandard'

const GENERATED = ['test/generated/*.ts']
const TYPESCRIPT = ['**/*.ts', '**/*.tsx']

/** Node strips types, it does not compile: syntax that emits code breaks that. */
const erasable = [
  { selector: 'TSEnumDeclaration', message: 'A union of literals, or an object `as const`: enums are not erasable.' },
  { selector: 'TSParameterProperty', message: 'Declare the field: parameter properties are not erasable.' },
  { selector: 'TSModuleDeclaration[kind="namespace"]', message: 'A module: namespaces are not erasable.' },
  { selector: 'TSImportEqualsDeclaration', message: 'import … from: `import =` is not erasable.' },
  { selector: 'TSExportAssignment', message: 'A named export: `export =` is not erasable.' }
]

const namedExports = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }
]

/** Each of these is a trap of libp2p 3 streams; streams/ deals with them once. */
const streamTraps = [
  { selector: 'CallExpression[callee.property.name="onDrain"]:not([callee.object.type="ThisExpression"])', message: 'stream.onDrain() resolves only once: use streams/.' },
  { selector: 'CallExpression[callee.property.name="use"][callee.object.name=/^(libp2p|node)$/]', message: 'libp2p.use() runs handlers several times.' },
  { selector: 'CallExpression[callee.property.name="use"][callee.object.property.name=/^(libp2p|node)$/]', message: 'libp2p.use() runs handlers several times.' },
  { selector: 'ForOfStatement[await=true][right.name=/stream$/i]', message: 'for await over a libp2p stream buffers without bound: use streams/.' },
  { selector: 'ForOfStatement[await=true][right.property.name=/stream$/i]', message: 'for await over a libp2p stream buffers without bound: use streams/.' }
]

/** A core is a synchronous function of its inputs, so that the simulator can replay it. */
const impureSyntax = [
  { selector: 'AwaitExpression', message: 'A core does not wait.' },
  { selector: ':function[async=true]', message: 'A core is synchronous.' },
  { selector: 'ForOfStatement[await=true]', message: 'A core is synchronous.' },
  { selector: 'MemberExpression[object.name="Math"][property.name="random"]', message: 'Chance is an input of a core.' },
  { selector: 'MemberExpression[object.name=/^(globalThis|window|self|process)$/]', message: 'A core knows no environment.' }
]

const impureGlobals = [
  'Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval',
  'requestAnimationFrame', 'crypto', 'Promise', 'fetch', 'process', 'console'
].map(name => ({ name, message: 'Time, chance and I/O are inputs of a core.' }))

const console = [{ name: 'console', message: 'components.logger: a library does not print.' }]

const browserSafe = [
  { group: ['node:*'], message: 'Browsers run this. Node-only code stands in node.ts, behind #storage or #transports.' }
]

/** Helpers of @libp2p/utils that hold a stream. */
const streamHelpers = [
  { name: '@libp2p/utils', importNames: ['byteStream', 'lpStream', 'pbStream', 'echo', 'pipe', 'messageStreamToDuplex'], message: 'Only streams/ touches a libp2p stream.' }
]

const nodeGlobals = ['process', 'Buffer', 'global', '__dirname', 'require']
  .map(name => ({ name, message: 'Browsers run this.' }))

export default [
  { ignores: ['dist/', 'demo/dist/', 'coverage/', 'data/', 'bench/results/', ...GENERATED] },
  ...neostandard({ ts: true }),

  {
    files: TYPESCRIPT,
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { jsdoc },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { prefer: 'type-imports', fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { args: 'after-used', ignoreRestSiblings: true }],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingAny: true, allowThrowingUnknown: true }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // A promise that is let go on purpose says so by `void`; the function behind it handles its own errors.
      'no-void': ['error', { allowAsStatement: true }],
      'no-restricted-syntax': ['error', ...erasable, ...namedExports],
      'prefer-promise-reject-errors': 'off',
      '@stylistic/object-property-newline': 'off',
      '@stylistic/quote-props': ['error', 'as-needed', { unnecessary: false }],
      'jsdoc/check-alignment': 'error',
      'jsdoc/check-param-names': ['error', { checkDestructured: false, disableMissingParamChecks: true }],
      'jsdoc/check-property-names': 'error',
      'jsdoc/check-tag-names': ['error', { definedTags: ['packageDocumentation'] }],
      'jsdoc/check-types': 'error'
    }
  },

  {
    files: ['src/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': ['error', { allowArgumentsExplicitlyTypedAsAny: true }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'no-restricted-globals': ['error', ...console, ...nodeGlobals],
      'no-restricted-syntax': ['error', ...erasable, ...namedExports, ...streamTraps],
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: browserSafe, paths: streamHelpers }]
    }
  },
  {
    files: ['src/streams/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...erasable, ...namedExports, ...streamTraps.slice(0, 1)],
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: browserSafe }]
    }
  },
  {
    files: ['src/**/node.ts', 'src/*/node/**/*.ts', 'src/cli/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...console],
      '@typescript-eslint/no-restricted-imports': ['error', { paths: streamHelpers }]
    }
  },
  { files: ['src/cli/**/*.ts'], rules: { 'no-restricted-globals': 'off' } },
  {
    files: ['**/*.core.ts'],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-syntax': ['error', ...erasable, ...namedExports, ...impureSyntax],
      '@typescript-eslint/no-restricted-imports': ['error', {
        patterns: [
          ...browserSafe,
          { group: ['libp2p', '@libp2p/*'], allowTypeImports: true, message: 'A core knows no libp2p.' }
        ]
      }]
    }
  },

  {
    // chai's assertions are property reads.
    files: ['test/**/*.ts'],
    rules: {
      'no-unused-expressions': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'off'
    }
  }
]
