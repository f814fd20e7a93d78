import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../harness/ports.ts'

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url))

/** What each example prints; one that is added without lines here fails. */
const PRINTS: Readonly<Record<string, readonly string[]>> = {
  '01-hello.ts': ['welcome ada'],
  '02-rooms-alone.ts': ['42'],
  '03-topics.ts': ['3 handled, handled in billing'],
  '04-streaming.ts': ['now 100', '100', '101', '102', '103'],
  '05-deadline-and-cancel.ts': ['3 cats', 'DEADLINE_EXCEEDED', 'the disk knows the deadline of the page: true', 'CANCELLED', 'the disk has stopped, too'],
  '06-retries-and-idempotency.ts': ['1.1 after 3 attempts', 'paid 5 paid 5 with 1 payment'],
  '07-leader-only-job.ts': ['no. 1 is booked', 'no. 1 is booked', 'by another node: true', 'true'],
  '08-work-queue.ts': ['a.png b.png large.png', 'broken.png: not a picture', '3 nodes, no broker'],
  '09-sticky-session.ts': ['the same node: book pen', 'another node, an empty cart'],
  '10-custom-interceptor.ts': ['desk greet: hello ada', 'desk greet: UNAUTHENTICATED'],
  '11-relay.ts': ['the lamp is on', 'by circuit: true'],
  '12-testing.ts': ['while a is cut off: b', 'after b has crashed: a'],
  '13-contract.ts': ['book-3 true', '1 left of book: then 1', 'INVALID_ARGUMENT the arguments are not valid: item: Too small: expected string to have >=1 characters', '2']
}
/** Half of them run beside the other half, each half in one process: a process for each would cost a second of start. */
const PROCESSES = 2
const MARK = '== '

const examples = readdirSync(FOLDER).filter(file => file.endsWith('.ts')).sort()

/** Resolves to what it printed once it has ended and nothing holds its process. */
async function runScript (script: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--conditions=braid-mesh-source', '--import', 'tsx', '--input-type=module', '-e', script], { timeout: 240_000 })
  expect(stderr).to.equal('')
  return stdout
}

/** Runs these one after the other; resolves to the lines that each printed. */
async function run (names: readonly string[]): Promise<Array<[name: string, lines: string[]]>> {
  const stdout = await runScript(names.map(name => `console.log('${MARK}${name}'); await import(${JSON.stringify(FOLDER + name)})`).join('\n'))
  return stdout.split(MARK).slice(1).map(part => {
    const [name = '', ...lines] = part.trimEnd().split('\n')
    return [name, lines]
  })
}

describe('examples', function () {
  this.timeout(250_000)

  it('do what they say, and end by themselves', async () => {
    const halves = Array.from({ length: PROCESSES }, (_, half) => examples.filter((__, i) => i % PROCESSES === half))
    const printed = await Promise.all(halves.map(run))
    expect(Object.fromEntries(printed.flat())).to.deep.equal(PRINTS)
  })

  it('the first code of the README is a program, and ends as it says there', async () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const [, code = ''] = /^```ts\n(.*?)^```/ms.exec(readme) ?? []
    const [, ending = ''] = /Ctrl-C ends them, or (.*)\.$/m.exec(readme) ?? []
    const stops = Array.from(ending.matchAll(/`([^`]+)`/g), ([, stop = '']) => stop)
    expect(stops).to.have.lengthOf(2)
    const [tcp, ws] = [String(await freePort()), String(await freePort())]
    expect(await runScript([code.replace(/9001|9002/g, port => port === '9001' ? tcp : ws), ...stops].join('\n'))).to.equal('welcome ada\n')
  })
})
