/**
 * Who takes part. Three services: `cart` is made of voters with storage, whose links are strict; `user` has three such
 * nodes and one in memory that learns, and open links; `mail` is a default group in memory. Beside them a relay, and a
 * client in memory, which nothing is done to.
 */
import type { ChildMeshOptions } from '../harness/ipc.ts'

export interface Seat {
  readonly label: string
  readonly service?: string
  readonly storage?: boolean
  /** Reached by WebSockets. */
  readonly ws?: boolean
  readonly relay?: boolean
  /** Starts and stops in bursts. */
  readonly guest?: boolean
  /** Nothing is done to it. */
  readonly safe?: boolean
  /** The service whose nodes hold what its leader writes to. */
  readonly writesTo?: string
  /** The topic that it publishes to. */
  readonly publishes?: string
  readonly options?: ChildMeshOptions
}

const cart = (n: number): Seat => ({
  label: `cart${n}`,
  service: 'cart',
  storage: true,
  writesTo: 'user',
  ...n === 1 ? { publishes: 'orders' } : {},
  options: { election: { expect: 3 }, links: { ownership: 'strict' } }
})
const user = (n: number): Seat => ({
  label: `user${n}`,
  service: 'user',
  storage: n < 4,
  ws: n % 2 === 0,
  writesTo: 'cart',
  ...n === 1 || n === 4 ? { publishes: 'orders' } : {},
  options: { election: { expect: 3 }, ...n < 3 ? {} : { pubsub: { keeper: false } } }
})
const mail = (n: number, guest = false): Seat => ({
  label: `${guest ? 'guest' : 'mail'}${n}`,
  service: 'mail',
  guest,
  ws: n % 2 === 1,
  writesTo: 'user',
  ...n === 2 && !guest ? { publishes: 'news' } : {},
  options: { election: {}, pubsub: { keeper: false } }
})

export const SEATS: readonly Seat[] = [
  { label: 'relay', relay: true, options: { relay: true, election: false, pubsub: { keeper: false } } },
  cart(1), cart(2), cart(3),
  user(1), user(2), user(3), user(4),
  mail(1), mail(2), mail(3),
  { label: 'client', safe: true, publishes: 'news', options: { pubsub: { keeper: false } } },
  mail(1, true), mail(2, true), mail(3, true)
]

export const SERVICES = ['cart', 'user', 'mail'] as const

export interface ChannelPlan {
  readonly topic: string
  readonly channel: string
  readonly durable: boolean
  /** Labels of seats. */
  readonly consumers: readonly string[]
}

export const CHANNELS: readonly ChannelPlan[] = [
  { topic: 'orders', channel: 'billing', durable: true, consumers: ['cart2', 'user2', 'mail1', 'guest1'] },
  { topic: 'orders', channel: 'audit', durable: true, consumers: ['user3', 'user4'] },
  { topic: 'news', channel: 'inbox', durable: true, consumers: ['cart3', 'mail3', 'guest2'] },
  { topic: 'news', channel: 'screen', durable: false, consumers: ['client'] }
]
