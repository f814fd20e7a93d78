/** Stops libp2p, whatever its services do. */
import type { Libp2p, Startable } from '@libp2p/interface'

/** What a node of libp2p has and its type does not tell: all of its parts, the services of its user among them. */
interface Inside {
  readonly components: { readonly components: Readonly<Record<string, Partial<Startable> | undefined>> }
}

/**
 * Without this, one service that fails to stop keeps all others running, or their ends from being waited for.
 *
 * @throws what a service threw, once everything else has stopped
 */
export async function halt (libp2p: Libp2p): Promise<void> {
  try {
    await libp2p.stop()
  } catch (err) {
    const parts = Object.values((libp2p as Libp2p & Inside).components.components)
    // who has stopped already has nothing to do
    await Promise.allSettled(parts.map(async part => part?.stop?.()))
    throw err
  }
}
