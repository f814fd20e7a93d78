/** Channels that ended, and when they were opened, as those who assign and keep remember them. Pure. */
import { MAX_CHANNELS } from './numbers.core.ts'

/** The oldest is forgotten first: what is still said of it may then pass for a channel. */
export function noteEnded (ended: Map<string, number>, channel: string, opened: number): void {
  const latest = Math.max(opened, ended.get(channel) ?? -Infinity)
  ended.delete(channel)
  ended.set(channel, latest)
  if (ended.size <= MAX_CHANNELS) return
  const { value: oldest } = ended.keys().next()
  ended.delete(oldest!)
}
