/** What only a node that keeps messages for others needs: `#keeping`, which for browsers is `no-keeping.ts`, so that pages do not carry it. */
import { KeptLogs } from './kept-logs.ts'
import type { Context } from './context.ts'
import type { TopicGossip } from './gossip.ts'
import type { Logs } from './logs.ts'

export interface Keeping {
  readonly createKept: typeof createKept
}

export const keeping: Keeping | undefined = { createKept }

/** What is kept, and assigned here while its publisher is gone. */
function createKept (context: Context, gossip: TopicGossip, logs: Logs): KeptLogs {
  const kept: KeptLogs = new KeptLogs({
    context,
    gossip,
    onTakeOver: (log, restored, takeOver) => {
      context.count('takeovers')
      void logs.get(log)?.stop()
      logs.add(log, { restored, takeOver })
    },
    // assigned no more, and then its keeper hears of it
    onGiveBack: (log, generation) => {
      const driver = logs.get(log)
      if (driver !== undefined && !driver.own) {
        driver.input({ type: 'stop' })
        context.loop.post(() => { logs.drop(driver) })
      }
      context.loop.post(() => { kept.deposed(log, generation) })
    },
    // what a log that was taken over lacked
    onCopies: (log, messages) => { logs.get(log)?.input({ type: 'copies', messages }) }
  })
  return kept
}
