/**
 * The browser tests: Chromium, and Firefox where there is one, with real relays and services in Node processes.
 * esbuild bundles them here; a test has its Node processes through test/browser/control.ts.
 */
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

const CHROMIUM_FLAGS = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update', '--disable-features=WebRtcHideLocalIpsWithMdns'
]

/** Firefox takes no TURN server on loopback otherwise. */
const FIREFOX_PREFS = { 'media.peerconnection.ice.loopback': true }

/** A folder of its own for each run, inside the project so that source maps and relative paths hold. */
function makeOutput () {
  const parent = join(__dirname, '.karma-out')
  mkdirSync(parent, { recursive: true })
  const output = mkdtempSync(join(parent, 'run-'))
  process.once('exit', () => { rmSync(output, { recursive: true, force: true }) })
  return output
}

async function bundle (outdir, specs) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: __dirname,
    entryPoints: ['test/browser/setup.ts', 'test/browser/second-page.ts', ...specs],
    outdir,
    outbase: 'test',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['braid-mesh-source', 'browser'],
    // The same spec runs on fake-indexeddb in Node, and here on the real one.
    alias: { 'fake-indexeddb/auto': join(__dirname, 'test/browser/real-indexeddb.ts') },
    target: 'es2022',
    logLevel: 'error'
  })
  writeFileSync(join(outdir, 'second-page.html'), '<!doctype html><title>second page</title><script type="module" src="browser/second-page.js"></script>\n')
}

/** Failures in full, then the counts and what was left out: for people as the last line, for `npm test` in the file that BRAID_COUNTS names. */
function countsReporter ({ client: { leftOut }, browsers }) {
  const counts = { passes: 0, failures: 0, pending: 0, skipped: [] }
  if (!browsers.includes('FirefoxOnLoopback')) counts.skipped.push({ what: 'every spec in Firefox', why: 'there is none: FIREFOX_BIN, firefox, firefox-esr' })
  this.onSpecComplete = (browser, { success, skipped, suite, description, log, time }) => {
    counts[skipped ? 'pending' : success ? 'passes' : 'failures']++
    const title = [...suite, description].join(' > ')
    if (skipped) counts.skipped.push({ what: `${title} (${browser.name})`, why: leftOut[[...suite, description].join(' ')] ?? 'no reason was given' })
    if (!success && !skipped) console.error(`FAILED ${title} (${browser.name}, ${time} ms)\n${log.join('\n')}`)
    else if (process.env.BRAID_VERBOSE != null) console.log(`${skipped ? 'skipped' : 'ok'} ${title} (${time} ms)`)
  }
  this.onBrowserLog = (browser, message, type) => { console.log(`${browser.name} ${type}: ${message}`) }
  this.onBrowserError = (browser, error) => {
    counts.failures++
    console.error(`FAILED ${browser.name}:`, error)
  }
  this.onRunComplete = () => {
    if (process.env.BRAID_COUNTS != null) writeFileSync(process.env.BRAID_COUNTS, JSON.stringify(counts))
    // not as the last line of `npm test`, which must stay the only one of its kind
    console.log(`in browsers: ${counts.passes} passed, ${counts.failures} failed`)
  }
}

countsReporter.$inject = ['config']

module.exports = async config => {
  const [{ findChromium, findFirefox }, { browserSpecs, leftOut }, { control }] = await Promise.all([
    import('./scripts/chromium.ts'), import('./test/browser/specs.ts'), import('./test/browser/control.ts')
  ])
  const output = makeOutput()
  process.env.CHROME_BIN = findChromium()
  const firefox = findFirefox()
  if (firefox != null) process.env.FIREFOX_BIN = firefox
  await bundle(output, browserSpecs(process.env.BRAID_SPECS))
  config.set({
    basePath: output,
    frameworks: ['mocha'],
    plugins: [
      require('karma-mocha'), require('karma-chrome-launcher'), require('karma-firefox-launcher'),
      { 'reporter:counts': ['type', countsReporter], 'middleware:control': ['value', control] }
    ],
    beforeMiddleware: ['control'],
    files: [
      { pattern: 'browser/setup.js', type: 'module' },
      { pattern: '**/*.spec.js', type: 'module' },
      { pattern: '**/*', included: false }
    ],
    // For pages of an origin of their own.
    customHeaders: [{ match: '.*', name: 'Access-Control-Allow-Origin', value: '*' }],
    client: { leftOut: leftOut(), mocha: { timeout: 180_000 } },
    customLaunchers: {
      ChromiumHeadless: { base: 'Chrome', flags: CHROMIUM_FLAGS },
      FirefoxOnLoopback: { base: 'FirefoxHeadless', prefs: FIREFOX_PREFS }
    },
    browsers: ['ChromiumHeadless', ...firefox == null ? [] : ['FirefoxOnLoopback']],
    reporters: ['counts'],
    // Both browsers and their processes at once would be slower than one after the other.
    concurrency: 1,
    failOnEmptyTestSuite: true,
    // Longer than any test may take.
    browserNoActivityTimeout: 300_000,
    // A browser on a busy machine may take a minute to start, and as long to say that it is still there.
    captureTimeout: 180_000,
    browserSocketTimeout: 120_000,
    browserDisconnectTimeout: 120_000,
    // A page that computes (the simulator, fuzzing) answers karma's pings late; 5 s by default, then it counts as gone.
    pingTimeout: 120_000,
    autoWatch: false,
    singleRun: true,
    logLevel: config.LOG_WARN
  })
}
