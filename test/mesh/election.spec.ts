import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'chai'
import { createTestMesh } from '../../src/testing/index.ts'
import { election } from '../../src/election/index.ts'
import { peerStreams } from '../../src/streams/index.ts'
import { memoryStorage } from '../../src/storage/index.ts'
import { encodeDiscoveryFrame } from '../../src/wire/discovery-codec.ts'
import { encodeElection } from '../../src/wire/election-codec.ts'
import { endMeshes } from '../harness/end-mesh.ts'
import { undisturbed } from '../harness/undisturbed.ts'
import { until } from '../harness/until.ts'
import type { ElectionChange, Mesh, RpcError } from '../../src/index.ts'
import type { TestMesh, TestNodeOptions } from '../../src/testing/index.ts'
import type { ElectionOptions, Leader } from '../../src/election/index.ts'
import type { StableStore } from '../../src/storage/index.ts'

const login = (options: ElectionOptions = {}): TestNodeOptions => ({ service: 'login', election: options })

/** The leader that all these nodes name, once they do. */
async function agreed (nodes: readonly Mesh[], after?: Leader): Promise<Leader> {
  return until(() => {
    const leaders = nodes.map(node => node.election.of('login')?.leader)
    const [leader] = leaders
    if (leader === undefined || (after !== undefined && order(leader, after) <= 0)) return undefined
    return leaders.every(other => other !== undefined && other.id === leader.id && order(other, leader) === 0) ? leader : undefined
  }, { timeout: 30_000, what: () => `one leader: ${JSON.stringify(nodes.map(node => node.election.of('login')))}` })
}

function order (a: Leader, b: Leader): number {
  return a.token.epoch - b.token.epoch || a.token.term - b.token.term
}

const same = (a: Leader | undefined, b: Leader): boolean => a?.id === b.id && order(a, b) === 0

/** Whoever of them leads gives its office up, and is told. A leader of some milliseconds may not have heard of the others yet, and refuses. */
async function resigned (nodes: readonly Mesh[]): Promise<Leader> {
  return until(async () => {
    const leader = await agreed(nodes)
    await of(nodes, leader.id).election.resign()
    return leader
  }, { timeout: 40_000 })
}

/** The one of them that leads above `after` and has read the register; on a busy machine it need not be the one of a moment ago. */
async function inOffice (nodes: readonly Mesh[], after?: Leader): Promise<{ node: Mesh, leader: Leader }> {
  return until(async () => {
    const leader = await agreed(nodes, after)
    const node = of(nodes, leader.id)
    return node.election.register.ready ? { node, leader } : undefined
  }, { timeout: 40_000 })
}

const of = (nodes: readonly Mesh[], id: string): Mesh => nodes.find(node => node.id === id) as Mesh
const voters = (node: Mesh): string => node.election.status().voters.map(({ id }) => id).join()
const sorted = (nodes: readonly Mesh[]): string => nodes.map(({ id }) => id).sort().join()

function faults (node: Mesh): string[] {
  const names: string[] = []
  node.election.addEventListener('fault', ({ detail }) => { names.push(detail.name) })
  return names
}

async function rejection (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'resolved', (err: Error) => err.name)
}

describe('mesh: election', function () {
  this.timeout(90_000)
  let mesh: TestMesh

  afterEach(async () => { await endMeshes(mesh) })

  it('one of three leads, all know it, a pure client too; when it is killed another does', async () => {
    mesh = await createTestMesh([login({ expect: 3 }), login({ expect: 3 }), login({ expect: 3 }), {}])
    const [client] = mesh.nodes.slice(3) as [Mesh]
    const changes: ElectionChange[] = []
    client.election.addEventListener('change', ({ detail }) => { changes.push(detail) })
    const first = await agreed(mesh.nodes)
    expect(mesh.nodes.map(({ election }) => election.state).sort()).to.deep.equal(['follower', 'follower', 'leader', 'observer'])
    expect(client.election.of('login')?.voters.join()).to.equal(sorted(mesh.nodes.slice(0, 3)))
    mesh.kill(of(mesh.nodes, first.id))
    // whoever leads by then
    let told: unknown[] = []
    await until(async () => {
      const second = await agreed(mesh.alive, first)
      const view = await client.rpc.invoke('login', 'braid.leader', 'login') as { leader?: Leader }
      told = [second, changes.at(-1)?.leader, view.leader]
      return told.every(leader => same(leader as Leader | undefined, second))
    }, { timeout: 60_000, what: () => JSON.stringify(told) })
    expect(changes.every(({ service, state }) => service === 'login' && state === 'observer')).to.equal(true)
    expect(await rejection(client.election.runAsLeader(() => {}))).to.equal('NotLeaderError')
  })

  it('nothing is formed until somebody needs the leader; then one founds, the others follow, and become voters', async () => {
    mesh = await createTestMesh([{ service: 'login' }, { service: 'login' }, { service: 'login' }, {}])
    const [a] = mesh.nodes as [Mesh]
    const states: Array<[number, string]> = []
    expect(mesh.nodes.map(({ election }) => election.status().term)).to.deep.equal([0, 0, 0, 0])
    a.election.addEventListener('braid.topic.election.change_state', ({ detail }) => { states.push([detail.State, detail.ID]) })
    const leader = await agreed(mesh.nodes)
    await until(() => voters(of(mesh.nodes, leader.id)) === sorted(mesh.nodes.slice(0, 3)), { timeout: 40_000 })
    // on a busy machine another one may lead by now
    await until(async () => {
      const { id } = await agreed(mesh.nodes)
      return states.at(-1)?.join() === [a.id === id ? 2 : 1, a.id].join()
    }, { timeout: 40_000, what: () => JSON.stringify(states) })
  })

  it('a client that asks for the leader of a service makes its nodes elect one', async () => {
    mesh = await createTestMesh([{ service: 'login' }, {}])
    const [node, client] = mesh.nodes as [Mesh, Mesh]
    expect(client.election.of('login')).to.equal(undefined)
    expect((await agreed([client])).id).to.equal(node.id)
    expect(client.election.of('nobody')).to.equal(undefined)
  })

  it('who is asked for the leaders of services that it does not have follows, and calls, none of them', async () => {
    mesh = await createTestMesh([{ service: 'shop' }, { service: 'login' }])
    const [asked, asking] = mesh.nodes as [Mesh, Mesh]
    await until(() => asked.rpc.nodeStats().pending === 0)
    const names = Array.from({ length: 100 }, (_, i) => `made-up-${i}`)
    const answers = await Promise.all(names.map(async name => asking.rpc.invoke('shop', 'braid.leader', name)))
    expect(answers.every(answer => answer === undefined)).to.equal(true)
    expect(asked.rpc.nodeStats().pending).to.equal(0)
    const { id } = await agreed([asking])
    const known = await until(async () => (await asking.rpc.invoke('shop', 'braid.leader', 'login')) as { leader?: Leader })
    expect(known.leader?.id).to.equal(id)
    // of its own it tells more than it knew
    expect(asked.election.status().voters).to.have.length(0)
    await until(async () => ((await asking.rpc.invoke('shop', 'braid.leader')) as { leader?: Leader } | undefined)?.leader?.id === asked.id)
  })

  it('election: false takes no part, and a service of such nodes has a hint and no leader', async () => {
    mesh = await createTestMesh([{ service: 'login', election: false }, { service: 'login', election: false }, {}])
    const hints = mesh.nodes.map(({ election }) => election.of('login')?.hint)
    expect(new Set(hints).size).to.equal(1)
    expect(mesh.nodes.map(({ id }) => id)).to.include(hints[0])
    expect(mesh.nodes.map(({ election }) => election.state)).to.deep.equal(['observer', 'observer', 'observer'])
    expect(mesh.nodes[0]?.election.leader).to.equal(undefined)
  })

  it('the task of a leader that is cut off ends before the next one\'s begins, and it follows after the heal', async () => {
    mesh = await createTestMesh([1, 2, 3].map(() => login({ expect: 3 })))
    const running: Array<[string, string]> = []
    const stop = new AbortController()
    for (const node of mesh.nodes) {
      node.election.runAsLeader(async lease => {
        running.push(['start', node.id])
        await new Promise<void>(resolve => { lease.signal.addEventListener('abort', () => { resolve() }) })
        running.push(['end', node.id])
      }, { signal: stop.signal }).catch(() => {})
    }
    const first = await until(async () => {
      const leader = await agreed(mesh.nodes)
      return running.at(-1)?.join() === `start,${leader.id}` ? leader : undefined
    })
    const before = running.length
    mesh.isolate(of(mesh.nodes, first.id), { silent: true })
    const others = mesh.nodes.filter(({ id }) => id !== first.id)
    await agreed(others, first)
    await until(() => running.length > before + 1)
    expect(running[before]).to.deep.equal(['end', first.id])
    expect(others.map(({ id }) => ['start', id])).to.deep.include(running[before + 1])
    // and whoever else led, on a busy machine
    expect(running.map(([what, id], i) => [what, i % 2 === 0 ? id : running[i - 1]?.[1]])).to.deep.equal(running.map(([, id], i) => [i % 2 === 0 ? 'start' : 'end', id]))
    expect(of(mesh.nodes, first.id).election.leader).to.equal(undefined)
    mesh.heal()
    await agreed(mesh.nodes, first)
    stop.abort()
  })

  it('two default groups that were founded apart become one, whose tokens are above both', async () => {
    // each founded before it could hear of the other: who has waits for the other's group, rightly
    const { a, b, leaders } = await until(async () => {
      mesh = await createTestMesh([{}])
      const [a, b] = await Promise.all([mesh.add(login()), mesh.add(login())])
      mesh.cut(a, b)
      const leaders = await Promise.all([a, b].map(async node => agreed([node]))).catch(() => undefined)
      if (leaders === undefined) await mesh.stop()
      return leaders && { a, b, leaders }
    }, { timeout: 90_000 })
    mesh.heal()
    await until(async () => {
      const merged = await agreed(mesh.nodes, leaders[0]?.id === leaders[1]?.id ? undefined : leaders.sort(order).at(-1))
      return [a, b].every(node => node.election.leader?.id === merged.id)
    }, { timeout: 40_000 })
  })

  it('a voter in memory that is cut off from the others, whom a client still sees, begins no second group', async () => {
    mesh = await createTestMesh([login(), login(), login(), {}])
    const nodes = mesh.nodes.slice(0, 3)
    const founder = await agreed(nodes)
    await until(() => voters(of(nodes, founder.id)) === sorted(nodes), { timeout: 40_000 })
    // on a busy machine another one may lead by now, and yet another before the end: the group is what stays
    const first = await agreed(nodes)
    const { epoch } = first.token
    const lone = nodes.find(({ id }) => id !== first.id) as Mesh
    const others = nodes.filter(node => node !== lone)
    for (const other of others) mesh.cut(lone, other)
    await until(() => lone.election.leader === undefined)
    const alone = performance.now()
    const heard: unknown[] = []
    lone.election.addEventListener('change', ({ detail: { leader } }) => { if (leader !== undefined && (leader.id === lone.id || leader.token.epoch !== epoch)) heard.push(leader) })
    // after 10 s it would have formed a group of its own
    await until(() => performance.now() - alone > 14_000, { timeout: 20_000 })
    expect(heard).to.deep.equal([])
    expect(others.every(other => lone.discovery.node(other.id) !== undefined), 'discovery sees them').to.equal(true)
    expect((await agreed(others)).token.epoch).to.equal(epoch)
    mesh.heal()
    expect((await agreed(nodes)).token.epoch).to.equal(epoch)
  })

  it('stop and drain of the leader hand over; a drained node votes no more', async () => {
    mesh = await createTestMesh([1, 2, 3, 4].map(() => login({ expect: 3 })))
    const first = await agreed(mesh.nodes)
    const draining = of(mesh.nodes, first.id)
    await draining.drain({ timeout: 10_000 })
    const others = mesh.nodes.filter(node => node !== draining)
    const second = await agreed(others, first)
    // all of the others vote: two of them elect, whether or not the third one gets to give its seat up
    const third = await until(() => others.find(node => node.election.leader?.id === node.id && voters(node) === sorted(others)), { timeout: 40_000, what: () => others.map(voters).join(' / ') })
    const before = third.election.leader as Leader
    expect(order(before, second)).to.be.at.least(0)
    await third.stop()
    await agreed(others.filter(node => node !== third), before)
  })

  it('all voters that drain at once leave the group, with what was written, to those that stay', async () => {
    mesh = await createTestMesh([1, 2, 3].map(() => login({ expect: 3 })))
    const old = [...mesh.nodes]
    const first = await until(async () => {
      const leader = await agreed(old)
      await of(old, leader.id).election.register.write([{ key: 'k', value: Uint8Array.of(1) }])
      return leader
    }, { timeout: 40_000 })
    const fresh = await Promise.all([1, 2].map(async () => mesh.add(login({ expect: 3 }))))
    await until(() => fresh.every(node => node.election.status().voters.length === 3) && old.some(node => node.election.status().learners.length === 2))
    await Promise.all(old.map(async node => node.drain({ timeout: 10_000 })))
    const second = await agreed(mesh.nodes, first)
    expect(fresh.map(({ id }) => id)).to.include(second.id)
    await Promise.all(old.map(async node => node.stop()))
    const { node } = await inOffice(fresh)
    expect((await node.election.register.read('k'))?.value).to.deep.equal(Uint8Array.of(1))
  })

  it('the leader that stops beside a dead voter hands over to the living one, who leads on alone', async () => {
    // a leader whose last voter does not get to answer within 2 s goes without having handed over, and says so
    const { first, other, told } = await undisturbed(async () => {
      await endMeshes(mesh)
      mesh = await createTestMesh([1, 2, 3].map(() => login({ expect: 3 })))
      const first = await agreed(mesh.nodes)
      const [dead, other] = mesh.nodes.filter(({ id }) => id !== first.id) as [Mesh, Mesh]
      mesh.kill(dead)
      const told = faults(of(mesh.nodes, first.id))
      await of(mesh.nodes, first.id).stop()
      return { first, other, told }
    }, ({ told }) => told.length === 0)
    expect(told).to.deep.equal([])
    const second = await agreed([other], first)
    expect([second.id, voters(other)]).to.deep.equal([other.id, other.id])
    await inOffice([other], first)
    await other.election.register.write([{ key: 'k', value: Uint8Array.of(1) }])
  })

  it('a voter that stops and cannot give its seat up says so', async () => {
    mesh = await createTestMesh([1, 2, 3].map(() => login({ expect: 3 })))
    const first = await agreed(mesh.nodes)
    const last = of(mesh.nodes, first.id)
    for (const node of mesh.nodes.filter(node => node !== last)) mesh.kill(node)
    await until(() => last.election.leader === undefined)
    const told = faults(last)
    await last.stop()
    expect(told).to.deep.equal(['VotersError'])
  })

  it('a voter that was cut off while all others that it knows were replaced for good follows those who are there', async () => {
    // who does not get to hand its seat over within 2 s goes without, and says so: there may be no majority then
    const { elders, young, late, first, told } = await undisturbed(replaced, ({ told }) => told.length === 0)
    expect(told).to.deep.equal([])
    const leader = await agreed(young, first)
    expect(young.map(({ id }) => id)).to.include(leader.id)
    expect(voters(late), 'it knows of nothing').to.equal(sorted(elders))
    mesh.heal()
    await agreed([...young, late])
    // whom the leader may just have let in
    await until(() => voters(late) === voters(of(young, leader.id)))
    expect(voters(late)).not.to.equal(sorted(elders))
  })

  /** Of three voters one was cut off, and the others stopped when there were two others; what they could not do. */
  async function replaced (): Promise<{ elders: Mesh[], young: Mesh[], late: Mesh, first: Leader, told: string[] }> {
    await endMeshes(mesh)
    mesh = await createTestMesh([1, 2, 3].map(() => login({ expect: 3 })))
    const elders = [...mesh.nodes]
    const first = await agreed(elders)
    const young = await Promise.all([1, 2].map(async () => mesh.add(login({ expect: 3 }))))
    await until(() => mesh.nodes.some(({ election }) => election.status().learners.length === 2), { what: () => JSON.stringify(mesh.nodes.map(({ election }) => election.status())) })
    const late = elders.find(({ id }) => id !== first.id) as Mesh
    mesh.isolate(late)
    await until(() => late.election.leader === undefined)
    const going = elders.filter(node => node !== late)
    const told = going.map(faults)
    for (const elder of going) await elder.stop()
    return { elders, young, late, first, told: told.flat() }
  }

  it('a leader that allows it steps down when anybody asks; the others do not, and a follower says who leads', async () => {
    mesh = await createTestMesh([...[1, 2, 3].map(() => login({ expect: 3, remoteResign: true })), { service: 'mail', election: { expect: 1 } }, {}])
    const client = mesh.nodes[4] as Mesh
    const resign = async (service: string, node: string): Promise<unknown> => client.rpc.invoke(service, 'braid.election.resign', undefined, { node })
    const refused = await until(async () => {
      const { id } = await agreed(mesh.nodes.slice(0, 3))
      const follower = mesh.nodes.find(node => node.id !== id) as Mesh
      const error = await resign('login', follower.id).catch((err: unknown) => err as RpcError)
      // nobody else leads by now
      return mesh.nodes.slice(0, 3).every(node => node.election.of('login')?.leader?.id === id) ? { id, error } : undefined
    }, { timeout: 40_000 })
    expect(refused.error).to.include({ code: 'FAILED_PRECONDITION' })
    expect((refused.error as RpcError).message).to.include(refused.id)
    const heard: Leader[] = []
    for (const { election } of mesh.nodes.slice(0, 3)) election.addEventListener('change', ({ detail: { leader } }) => { if (leader !== undefined) heard.push(leader) })
    // one that leads since a moment ago may not have heard of the others yet, and refuses, too
    const first = await until(async () => {
      const leader = await agreed(mesh.nodes.slice(0, 3))
      await resign('login', leader.id)
      return leader
    }, { timeout: 40_000 })
    await agreed(mesh.nodes.slice(0, 3), first)
    expect(heard.filter(leader => order(leader, first) > 0).sort(order)[0]?.id, 'the next one').to.not.equal(first.id)
    expect(await resign('mail', (mesh.nodes[3] as Mesh).id).catch((err: unknown) => err)).to.include({ code: 'PERMISSION_DENIED' })
  })

  it('writes to the register of the leader are read by the next one', async () => {
    mesh = await createTestMesh([1, 2, 3].map(() => login({ expect: 3 })))
    const { node: leader, leader: first } = await inOffice(mesh.nodes)
    const [rank] = await leader.election.register.write([{ key: 'k', value: Uint8Array.of(7), ifRank: null }])
    expect(rank).to.include(first.token)
    expect(await rejection(leader.election.register.write([{ key: 'k', value: Uint8Array.of(8), ifRank: null }]))).to.equal('RegisterError')
    const follower = mesh.nodes.find(node => node !== leader) as Mesh
    expect(await rejection(follower.election.register.read('k'))).to.equal('RegisterError')
    mesh.kill(leader)
    const { node: next } = await inOffice(mesh.alive, first)
    expect((await next.election.register.read('k'))?.value).to.deep.equal(Uint8Array.of(7))
    expect([...next.election.register.entries()].map(({ key }) => key)).to.deep.equal(['k'])
  })

  describe('bad input', () => {
    it('options that cannot work are refused before anything is opened', async () => {
      mesh = await createTestMesh(1)
      const [{ id }] = mesh.nodes as [Mesh]
      const bad: unknown[] = [
        { voters: [] }, { voters: ['somebody'] }, { voters: [id, id] }, { voters: [id], expect: 1 }, { expect: 0 }, { expect: 1.5 },
        { targetVoters: 2 }, { targetVoters: 33 }, { profile: 'slow' }, { lease: 'none' }, 'yes'
      ]
      for (const options of bad) {
        expect(await rejection(mesh.add({ service: 'login', election: options as ElectionOptions })), JSON.stringify(options)).to.equal('InvalidOptionsError')
      }
    })

    it('fewer voters than asked for: nobody leads, and it says for what it waits', async () => {
      mesh = await createTestMesh([login({ expect: 3 }), login({ expect: 3 })])
      const [a] = mesh.nodes as [Mesh]
      await until(() => a.election.status().fault?.name === 'VotersError')
      expect(a.election.leader).to.equal(undefined)
      await mesh.add(login({ expect: 3 }))
      await agreed(mesh.nodes)
      await until(() => a.election.status().fault === undefined)
    })

    it('two static sets that contradict each other are told, and neither is founded against the other', async () => {
      const keys = await Promise.all([1, 2, 3].map(async () => generateKeyPair('Ed25519')))
      const ids = keys.map(key => key.publicKey.toCID().toString())
      mesh = await createTestMesh(keys.map(privateKey => ({ privateKey, service: 'login' })))
      const names = mesh.nodes.map(({ id }) => id)
      expect(ids).to.have.length(3)
      await mesh.stop()
      mesh = await createTestMesh(keys.map((privateKey, index) => ({
        privateKey, ...login({ voters: index === 2 ? [names[1] as string, names[2] as string] : names })
      })))
      await until(() => mesh.nodes.some(({ election }) => election.status().fault?.name === 'VotersError'))
      expect(mesh.nodes.filter(({ election }) => election.state === 'leader').length).to.be.below(2)
    })

    it('votes of a stranger and terms out of bounds change nothing, and garbage cuts who sends it', async () => {
      const { first, leaders } = await undisturbed(forgeries, ({ first, leaders }) => leaders.every(leader => leader?.id === first.id && leader.token.term === first.token.term))
      expect(leaders).to.deep.equal([first, first, first])
    })

    /** Who led before, and whom the voters name after them. */
    async function forgeries (): Promise<{ first: Leader, leaders: Array<Leader | undefined> }> {
      await endMeshes(mesh)
      mesh = await createTestMesh([login({ expect: 3 }), login({ expect: 3 }), login({ expect: 3 }), { service: 'login', election: false }])
      const first = await agreed(mesh.nodes)
      const [victim] = mesh.nodes as [Mesh]
      const told = faults(victim)
      const attacker = mesh.nodes[3] as Mesh
      const { epoch } = victim.election.status()
      const streams = peerStreams((attacker.libp2p as unknown as { components: Parameters<typeof peerStreams>[0] }).components, {
        protocol: '/braid/test/election/1.0.0', onFrame: () => {}
      })
      await streams.start()
      const open = async (): Promise<Awaited<ReturnType<typeof streams.open>>> => streams.open(victim.libp2p.peerId)
      const common = { group: epoch, epoch, incarnation: 'ab'.repeat(16) }
      const forged = { group: epoch, epoch, kind: 'expect', term: 9, version: 9, replaces: 0, voters: [{ id: attacker.id, incarnation: common.incarnation }] }
      const stream = await open()
      for (const term of [first.token.term + 5, first.token.term + 1_000_000_000]) {
        for (const type of ['prevote', 'vote']) stream.send(encodeElection('login', { ...common, type, term, config: forged, transfer: true }))
        stream.send(encodeElection('login', { ...common, type: 'heartbeat', term, round: 1, config: { term: 9, version: 9 }, floor: undefined, standby: true }))
      }
      await until(() => told.length > 0)
      const before = told.length
      // as one that may vote one day, and does not yet
      attacker.discovery.update({ roles: ['voter'] })
      await until(() => victim.discovery.node(attacker.id)?.roles.includes('voter'))
      stream.send(encodeElection('login', { ...common, type: 'timeout-now', term: first.token.term + 1_000_000_000 }))
      stream.send(encodeElection('login', { ...common, type: 'heartbeat', term: first.token.term + 1, round: 1, config: { term: 9, version: 9 }, floor: undefined, standby: true }))
      await until(() => told.length > before)
      expect(told.every(name => name === 'ProtocolError'), String(told)).to.equal(true)
      stream.send(Uint8Array.of(0xff, 0xff, 0xff))
      await until(() => !stream.open)
      // whoever sent that is shut out for a while
      await until(async () => open().then(({ open }) => !open, () => true))
      await streams.stop()
      const voting = mesh.nodes.slice(0, 3)
      const { token } = await agreed(voting)
      expect([token.epoch, token.term < first.token.term + 5]).to.deep.equal([epoch, true])
      expect(voters(victim)).to.equal(sorted(voting))
      return { first, leaders: voting.map(node => node.election.leader) }
    }

    it('a store that cannot be written: the node does not vote and says so, the others go on', async () => {
      const { stable, log } = memoryStorage()
      let broken = false
      const flaky: StableStore = {
        lost: new Set(),
        get: async name => stable.get(name),
        delete: async name => stable.delete(name),
        set: async (name, value) => {
          if (broken) throw new Error('disk full')
          await stable.set(name, value)
        }
      }
      mesh = await createTestMesh([login({ expect: 3 }), login({ expect: 3 }), {
        service: 'login',
        libp2p: { services: { election: election({ expect: 3, eager: true, storage: { stable: flaky, log, durable: true } }) } }
      }])
      const { nodes } = mesh
      const [, , sick] = nodes as [Mesh, Mesh, Mesh]
      const healthy = nodes.slice(0, 2)
      const told = faults(sick)
      /** A healthy one that does not lead is to do so. A leader of some milliseconds may not have heard of it yet, and refuses. */
      const passOn = async (): Promise<Leader> => {
        const leader = await agreed(healthy)
        await of(nodes, leader.id).election.transfer((healthy.find(({ id }) => id !== leader.id) as Mesh).id)
        return leader
      }
      const before = await until(async () => {
        const leader = await agreed(nodes)
        if (leader.id !== sick.id) return leader
        await passOn()
        return undefined
      }, { timeout: 40_000 })
      broken = true
      await until(async () => {
        await passOn().catch(() => {})
        return told.includes('ElectionStoreError')
      }, { timeout: 40_000 })
      const second = await agreed(healthy, before)
      expect(second.id).not.to.equal(sick.id)
      expect(sick.election.status().fault).to.have.property('name', 'ElectionStoreError')
      broken = false
      await agreed(mesh.nodes)
      await until(() => sick.election.status().fault === undefined)
    })

    it('a fence whose store was lost refuses until there is a leader, and forms no group for it', async () => {
      const { stable, log } = memoryStorage()
      const damaged: StableStore = { ...stable, lost: new Set(['election-fence']) }
      mesh = await createTestMesh([{ service: 'login' }, { service: 'login', libp2p: { services: { election: election({ storage: { stable: damaged, log, durable: true } }) } } }])
      const [other, node] = mesh.nodes as [Mesh, Mesh]
      const { fence } = node.election
      const asked = performance.now()
      expect(await rejection(fence.check('a', { epoch: 1, term: 1 }))).to.equal('ElectionStoreError')
      // it would have formed one after 2 s
      await until(() => performance.now() - asked > 3_500)
      expect([node.election.peek('login'), node.election.status().term]).to.deep.equal([undefined, 0])
      expect(other.election.leader).to.equal(undefined)
      const { token } = await agreed(mesh.nodes)
      await fence.check('a', token)
      expect(await rejection(fence.check('b', { ...token, epoch: token.epoch - 1 }))).to.equal('StaleTokenError')
    })

    it('a peer that tells every voter that its identity was copied takes nobody\'s seat', async () => {
      const { nodes, first, leaders } = await undisturbed(copied, ({ first, leaders }) => leaders.every(leader => leader?.id === first.id && leader.token.term === first.token.term))
      expect(leaders).to.deep.equal([first, first, first])
      const before = await resigned(nodes)
      expect((await agreed(nodes, before)).token.epoch).to.equal(first.token.epoch)
    })

    /** The voters, who led before they were told of copies, and whom they name after that. */
    async function copied (): Promise<{ nodes: Mesh[], first: Leader, leaders: Array<Leader | undefined> }> {
      await endMeshes(mesh)
      mesh = await createTestMesh([login({ expect: 3 }), login({ expect: 3 }), login({ expect: 3 }), {}])
      const nodes = mesh.nodes.slice(0, 3)
      const first = await agreed(nodes)
      const told = nodes.map(faults)
      const liar = mesh.nodes[3] as Mesh
      // on streams that the voters opened: on those of the liar nothing is said about them
      const theirs = await Promise.all(nodes.map(async ({ libp2p }) => until(() => liar.libp2p.getConnections(libp2p.peerId).flatMap(({ streams }) => streams)
        .find(({ protocol, direction, status }) => protocol.includes('/discovery/') && direction === 'inbound' && status === 'open'))))
      const frame = encodeDiscoveryFrame({ conflict: {} })
      for (const stream of theirs) stream.send(Uint8Array.of(frame.length, ...frame))
      await until(() => nodes.every(({ discovery }) => discovery.stats().conflicts_told === 1))
      expect(told).to.deep.equal([[], [], []])
      expect(nodes.map(voters)).to.deep.equal(nodes.map(() => sorted(nodes)))
      return { nodes, first, leaders: nodes.map(node => node.election.leader) }
    }

    it('a copied identity is told to both, and neither votes', async () => {
      const privateKey = await generateKeyPair('Ed25519')
      mesh = await createTestMesh([login({ expect: 3 }), login({ expect: 3 }), { ...login({ expect: 3 }), privateKey }])
      await agreed(mesh.nodes)
      const original = mesh.nodes[2] as Mesh
      const others = mesh.nodes.slice(0, 2)
      const clone = await mesh.add({ ...login({ expect: 3 }), privateKey })
      const both = [original, clone]
      // as each is told, and whenever anything changes from then on
      const told = new Set<Mesh>()
      const votes: string[] = []
      const look = (): void => { for (const node of told) if (node.election.status().voting || node.election.state === 'leader') votes.push(`${both.indexOf(node)}: ${node.election.state}`) }
      for (const node of both) {
        node.election.addEventListener('fault', ({ detail }) => {
          if (detail.name === 'IdentityConflictError') told.add(node)
          look()
        })
      }
      for (const node of mesh.nodes) node.election.addEventListener('change', look)
      await until(() => told.size === 2, { timeout: 40_000, what: () => both.map(node => node.election.status().fault?.name ?? 'no fault').join() })
      expect(both.map(node => node.election.status().voting)).to.deep.equal([false, false])
      // the others go on, and take the seat out that has two owners; neither of them helps to elect
      await until(() => others.some(node => node.election.state === 'leader' && voters(node) === sorted(others)), { timeout: 20_000, what: () => others.map(voters).join(' / ') })
      await agreed(others, await resigned(others))
      expect(both.map(node => node.election.status().voting)).to.deep.equal([false, false])
      expect(votes).to.deep.equal([])
    })

    it('transfer to a stranger, recover without this node, and orders to one that does not lead are refused by name', async () => {
      const { first, last } = await undisturbed(orders, ({ first, last }) => last?.id === first.id && last.token.term === first.token.term)
      expect(last).to.deep.equal(first)
    })

    /** Who led before they were refused, and after that. */
    async function orders (): Promise<{ first: Leader, last: Leader | undefined }> {
      await endMeshes(mesh)
      mesh = await createTestMesh([login({ expect: 2 }), login({ expect: 2 }), {}])
      const first = await agreed(mesh.nodes)
      const leader = of(mesh.nodes, first.id)
      const follower = mesh.nodes.find(node => node !== leader && node.self.service === 'login') as Mesh
      const client = mesh.nodes[2] as Mesh
      expect(await rejection(leader.election.transfer(client.id))).to.equal('VotersError')
      expect(await rejection(follower.election.transfer(leader.id))).to.equal('NotLeaderError')
      expect(await rejection(follower.election.recover({ voters: [leader.id] }))).to.equal('VotersError')
      expect(await rejection(client.election.recover({ voters: [client.id] }))).to.equal('NotLeaderError')
      expect(await rejection(leader.election.recover({ voters: ['x'] }))).to.equal('InvalidOptionsError')
      await follower.election.resign()
      return { first, last: leader.election.leader }
    }
  })
})
