import { expect } from 'chai'
import { nextTick, tickOf } from '../../src/util/next-tick.ts'

/** What runs before a callback of `tick` that is asked for at the start of five promise hops. */
async function order (tick: (fn: () => void) => void): Promise<string[]> {
  const seen: string[] = []
  await new Promise<void>(resolve => {
    tick(() => { seen.push('tick'); resolve() })
    tick(() => { seen.push('second') })
    void (async () => {
      for (let hop = 1; hop <= 5; hop++) {
        await Promise.resolve()
        seen.push(`hop ${hop}`)
      }
    })()
  })
  await new Promise<void>(resolve => { setTimeout(resolve, 1) })
  return seen
}

const AFTER_ALL = ['hop 1', 'hop 2', 'hop 3', 'hop 4', 'hop 5', 'tick', 'second']

describe('nextTick', () => {
  it('runs after the promise jobs of what is running, in Node', async () => {
    // from a promise job, as a handler's answer is: Node empties that queue first
    await Promise.resolve()
    expect(await order(nextTick)).to.deep.equal(AFTER_ALL)
  })

  it('and in a browser, where it uses one message for all', async () => {
    const channel = new MessageChannel()
    class Spied {
      readonly port1 = channel.port1
      readonly port2 = channel.port2
    }
    const tick = tickOf({ MessageChannel: Spied })
    expect(await order(tick)).to.deep.equal(AFTER_ALL)
    expect(await order(tick)).to.deep.equal(AFTER_ALL)
    channel.port1.close()
  })

  it('takes no stand-in of process for Node\'s, and does without channels', async () => {
    const tick = tickOf({ process: { nextTick: () => { throw new Error('stand-in') } } })
    expect(await order(tick)).to.include.members(['hop 1', 'hop 2', 'tick', 'second'])
  })
})
