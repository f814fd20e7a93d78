import { execFileSync } from 'node:child_process'
import { openStorage } from '../../src/storage/node.ts'

/**
 * Opens the storage in argv[2] and fills a disk that becomes full, and free again: no file may grow above a limit. Prints
 * what each step came to, a line each.
 */
const [, , dir = ''] = process.argv
/** Without a listener the process would end. */
process.on('SIGXFSZ', () => {})

function limit (bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
}

function say (line: string): void {
  process.stdout.write(`${line}\n`)
}

async function main (): Promise<void> {
  const storage = await openStorage(dir)
  const append = async (log: string, size: number): Promise<void> => {
    const value = new TextEncoder().encode('x'.repeat(size))
    await storage.log.append(log, [value]).then(seq => { say(`append ${log} ${seq}`) }, (err: Error) => { say(`failed ${err.name}`) })
  }
  const read = async (): Promise<void> => {
    const entries = await storage.log.read('a', 1, 100)
    say(`read ${entries.map(({ seq, value }) => `${seq}:${value.length}`).join(' ')}`)
  }

  await append('a', 1)
  await append('a', 40_000)
  say('full')
  // level begins a record that it cannot end
  limit('45000')
  await append('a', 10_000)
  await append('a', 60_000)
  limit('64')
  for (let i = 0; i < 3; i++) await append('a', 10)
  await read()
  say('free')
  limit('unlimited')
  await Promise.all([append('a', 10), append('b', 10), read()])
  await append('a', 40_000)
  await append('a', 3)
  await read()
  say(`lost ${[...storage.log.lost].join()}`)
  await storage.close()
}

main().catch((err: unknown) => {
  say(String(err))
  process.exitCode = 1
})
