import { openStorage } from '../../src/storage/node.ts'

/**
 * Opens the storage in argv[2] and prints `open`, or `refused <error name> <message>`. With `write` as argv[3] it then
 * sets values and appends entries for ever, printing a line for each that was acknowledged.
 */
const [, , dir = '', mode] = process.argv
const { stdout }: { stdout: NodeJS.WriteStream & { _handle?: { setBlocking? (on: boolean): void } } } = process
// what waits in a process that is killed would be acknowledged and never told
stdout._handle?.setBlocking?.(true)

function encode (text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

async function main (): Promise<void> {
  const storage = await openStorage(dir)
  // held until somebody ends this process, one way or another
  const hold = setInterval(() => {}, 60_000)
  process.once('SIGTERM', () => {
    clearInterval(hold)
    storage.close().catch(report)
  })
  stdout.write('open\n')
  if (mode !== 'write') {
    return
  }

  async function sets (name: string): Promise<void> {
    for (let i = Number(new TextDecoder().decode(await storage.stable.get(name) ?? encode('0'))) + 1; ; i++) {
      await storage.stable.set(name, encode(String(i)))
      stdout.write(`set ${name} ${i}\n`)
    }
  }

  async function appends (name: string): Promise<void> {
    for (;;) {
      const { last } = await storage.log.bounds(name)
      const size = 1 + last % 5
      const seq = await storage.log.append(name, Array.from({ length: size }, (_, i) => encode(`${name} ${last + 1 + i}`.padEnd(last % 4096))))
      stdout.write(`append ${name} ${seq}\n`)
    }
  }

  await Promise.all([sets('vote'), sets('term'), appends('outbox'), appends('other')])
}

function report (err: unknown): void {
  stdout.write(err instanceof Error ? `refused ${err.name} ${err.message}\n` : 'refused\n')
  process.exitCode = 1
}

process.on('unhandledRejection', err => { process.stderr.write(`unhandled rejection: ${String(err)}\n`) })
main().catch(report)
