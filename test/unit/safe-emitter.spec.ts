import { expect } from 'chai'
import { SafeEmitter } from '../../src/discovery/safe-emitter.ts'

describe('events of the rooms', () => {
  let errors: unknown[]
  let emitter: SafeEmitter<{ change: CustomEvent<number> }>
  let heard: number[]

  const tell = (detail: number): void => { emitter.dispatchEvent(new CustomEvent('change', { detail })) }
  const listen = ({ detail }: CustomEvent<number>): void => { heard.push(detail) }

  beforeEach(() => {
    errors = []
    heard = []
    emitter = new SafeEmitter(error => { errors.push(error) })
  })

  it('a listener that throws, or rejects, harms nobody', async () => {
    emitter.addEventListener('change', () => { throw new Error('one') })
    const rejects: { handleEvent: (event: unknown) => unknown } = { handleEvent: async () => { throw new Error('two') } }
    emitter.addEventListener('change', rejects)
    emitter.addEventListener('change', { handleEvent: () => { throw new Error('three') } })
    emitter.addEventListener('change', listen)
    tell(1)
    await Promise.resolve()
    expect(heard).to.deep.equal([1])
    expect(errors.map(error => (error as Error).message)).to.have.members(['one', 'two', 'three'])
  })

  it('one that is taken away hears nothing more, and does not count', () => {
    emitter.addEventListener('change', listen)
    emitter.addEventListener('change', listen)
    tell(1)
    emitter.removeEventListener('change', listen)
    tell(2)
    expect(heard).to.deep.equal([1])
    expect(emitter.listenerCount('change')).to.equal(0)
  })

  it('one with a signal hears nothing after that', () => {
    const controller = new AbortController()
    emitter.addEventListener('change', listen, { signal: controller.signal })
    tell(1)
    controller.abort()
    tell(2)
    expect(heard).to.deep.equal([1])
    expect(emitter.listenerCount('change')).to.equal(0)
  })

  it('one that is asked for once hears one event, is forgotten, and may be added again', () => {
    for (let i = 0; i < 3; i++) {
      emitter.addEventListener('change', listen, { once: true })
      expect(emitter.listenerCount('change')).to.equal(1)
      tell(i)
      tell(i)
      expect(emitter.listenerCount('change')).to.equal(0)
    }
    emitter.addEventListener('change', listen)
    tell(3)
    expect(heard).to.deep.equal([0, 1, 2, 3])
  })
})
