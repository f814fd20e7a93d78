import { detectorClient } from './detector.ts'
import { electionClient } from './election.ts'
import { linksClient } from './links.ts'
import { pubsubClient } from './pubsub.ts'
import type { ClientFactory } from '../kernel/run.ts'

/** What can be simulated, by the name that `npm run sim -- --client` takes. */
export const CLIENTS: ReadonlyMap<string, ClientFactory> = new Map([detectorClient(), electionClient(), linksClient(), pubsubClient()].map(client => [client.name, client]))
