import { InvalidOptionsError } from '../errors.ts'
import { LeastPendingPicker } from './least-pending.core.ts'
import { P2cPicker } from './p2c.core.ts'
import { RandomPicker } from './random.core.ts'
import { RendezvousPicker } from './rendezvous.core.ts'
import { WeightedPicker } from './weighted.core.ts'
import type { BalancerName, Candidate, Picker } from './index.ts'

/** Makes a picker of your own; called once per service that is called with it. */
export type PickerFactory = () => Picker

const PICKERS: { readonly [name in BalancerName]: new <C extends Candidate>() => Picker<C> } = {
  random: RandomPicker,
  rendezvous: RendezvousPicker,
  weighted: WeightedPicker,
  'least-pending': LeastPendingPicker,
  p2c: P2cPicker
}

/**
 * A new picker, by name or from a factory.
 *
 * @throws InvalidOptionsError - no such name, or the factory's result is no picker
 */
export function createPicker <C extends Candidate = Candidate> (balancer: BalancerName | PickerFactory): Picker<C> {
  if (typeof balancer === 'function') {
    const picker = balancer() as Partial<Picker> | undefined
    if (typeof picker?.pick !== 'function' || typeof picker.update !== 'function') {
      throw new InvalidOptionsError('a balancer function must return a picker: { name, update (candidates), pick (context) }')
    }
    // a picker returns one of the candidates it was given, so it returns what its caller gave
    return picker as unknown as Picker<C>
  }
  if (!Object.hasOwn(PICKERS, balancer)) {
    throw new InvalidOptionsError(`unknown balancer ${JSON.stringify(balancer)}: use ${Object.keys(PICKERS).join(', ')} or a function that returns a picker`)
  }
  return new PICKERS[balancer]<C>()
}
