/** What happens to the soak's nodes: each fault takes its own time and heals itself. */
import type { Random } from '../../../src/util/random.core.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { SoakPage } from './page.ts'
import type { SoakTab } from './tab.ts'

declare const soak: SoakPage

export interface Stage {
  readonly random: Random
  readonly fleet: Fleet
  readonly ledger: Ledger
  readonly tabs: SoakTab[]
  readonly min: number
  readonly max: number
  /** A tab more. */
  open (): Promise<void>
}

const sleep = async (ms: number): Promise<void> => { await new Promise(resolve => { setTimeout(resolve, ms) }) }

type Act = (tab: SoakTab, random: Random, stage: Stage) => Promise<void>

/** What is done to a tab that lives on, by name. */
const TO_TABS: Record<string, Act> = {
  reload: async tab => tab.reload(),
  away: async (tab, random, { ledger }) => tab.suffers('away', async () => {
    const kept = await tab.awayAndBack(random.between(500, 8_000))
    ledger.note(tab.id, { type: 'event', at: Date.now(), name: kept ? 'back from the cache' : 'back, and loaded anew', detail: '' })
  }),
  freeze: async (tab, random) => tab.suffers('freeze', async () => tab.frozen(random.between(2_000, 15_000))),
  offline: async (tab, random) => tab.suffers('offline', async () => tab.network({ offline: true }, random.between(1_000, 12_000))),
  'no udp': async (tab, random) => tab.suffers('no udp', async () => tab.network({ packetLoss: 100 }, random.between(3_000, 25_000))),
  block: async tab => tab.suffers('block', async () => { await tab.page.evaluate(() => { soak.block(3_000) }) }),
  'break direct': async (tab, random) => tab.suffers('break direct', async () => { await tab.page.evaluate(n => soak.breakDirect(n), random.int(8)) }),
  'break relayed': async tab => tab.suffers('break relayed', async () => { await tab.page.evaluate(() => soak.breakRelayed()) })
}

/** So often each of them is drawn. */
const WEIGHTS: Record<string, number> = {
  open: 4, close: 2, crash: 1, reload: 2, away: 3, freeze: 3, offline: 2, 'no udp': 2, block: 2, 'break direct': 2, 'break relayed': 2,
  'kill relay': 1.5, 'kill leader': 1.5, 'clear databases': 1
}
export const FAULTS = Object.keys(WEIGHTS)

/** Begins one; resolves when it is over. Undefined: it cannot be now. @param kinds - of these */
export function strike (stage: Stage, kinds: readonly string[], down: Set<string>): { name: string, over: Promise<void> } | undefined {
  const { random, tabs, fleet, min, max } = stage
  const kind = random.pick(kinds.flatMap(kind => Array.from({ length: (WEIGHTS[kind] ?? 1) * 2 }, () => kind)))
  if (kind === undefined) return undefined
  const free = tabs.filter(({ busy, gone }) => !busy && !gone)
  const tab = random.pick(free)
  const act = TO_TABS[kind]
  if (act !== undefined) {
    if (tab === undefined) return undefined
    tab.busy = true
    return { name: `${kind} ${tab.label}`, over: act(tab, random, stage).finally(() => { tab.busy = false }) }
  }
  const living = tabs.filter(({ gone }) => !gone).length
  switch (kind) {
    case 'open':
      return living >= max ? undefined : { name: kind, over: stage.open() }
    case 'close':
    case 'crash':
      if (living <= min || tab === undefined) return undefined
      return { name: `${kind} ${tab.label}`, over: kind === 'close' ? tab.close() : tab.crash() }
    case 'clear databases': {
      const stored = random.pick(free.filter(({ storage }) => storage !== undefined))
      return stored === undefined ? undefined : { name: `${kind} ${stored.label}`, over: clear(stage, stored) }
    }
    case 'kill relay': {
      const relay = random.pick(fleet.relays)?.label
      return relay === undefined || down.size > 0 ? undefined : { name: `kill ${relay}`, over: restart(stage, down, relay) }
    }
    default:
      return down.size > 0 ? undefined : { name: kind, over: fleet.leader().then(async leader => restart(stage, down, leader)) }
  }
}

/** All tabs of that profile share the databases. */
async function clear ({ ledger, tabs }: Stage, tab: SoakTab): Promise<void> {
  const healed = tabs.filter(({ context, storage, gone }) => context === tab.context && storage !== undefined && !gone).map(({ id }) => ledger.fault(id, 'clear databases'))
  await tab.clearDatabases()
  for (const heal of healed) heal()
}

async function restart ({ fleet, random }: Stage, down: Set<string>, label: string | undefined): Promise<void> {
  if (label === undefined || down.size > 0) return
  down.add(label)
  try {
    const healed = await fleet.kill(label)
    await sleep(random.between(500, 8_000))
    await fleet.spawn(label)
    healed()
  } finally {
    down.delete(label)
  }
}
