/** What a page knows of the leaders of services, and that it never disturbs an election. */
import { expect } from 'chai'
import { createMesh } from '../../src/index.ts'
import { until } from '../harness/until.ts'
import { PATIENT, useRemoteNodes } from './nodes.ts'
import { usePages } from './pages.ts'
import type { RemoteNode } from './nodes.ts'
import type { ElectionChange, Leader, Mesh } from '../../src/index.ts'

describe('a page and the elections of Node processes', function () {
  this.timeout(100_000)
  const remote = useRemoteNodes()
  const pages = usePages()
  let relay: RemoteNode
  let voters: RemoteNode[]
  let page: Mesh
  let changes: ElectionChange[]

  /** The leader that the page knows. */
  async function leader (): Promise<Leader> {
    return until(() => page.election.of('login')?.leader, { timeout: 40_000 })
  }

  before(async () => {
    relay = await remote.spawn({ mesh: 'vote', name: 'relay', relay: true })
    const options = { mesh: 'vote', service: 'login', bootstrap: relay.addresses, election: { expect: 3 } }
    voters = await Promise.all([1, 2, 3].map(async number => remote.spawn({ ...options, name: `login-${number}` })))
    page = await createMesh({ mesh: 'vote', service: 'login', name: 'page', bootstrap: relay.addresses, rpc: PATIENT })
    changes = []
    page.election.addEventListener('change', ({ detail }) => { changes.push(detail) })
  })

  after(async () => { await page.stop() })

  it('it knows the leader of a service, with its token, and observes', async () => {
    const { id, token } = await leader()
    expect(voters.map(voter => voter.id)).to.include(id)
    expect(token.epoch).to.be.above(0)
    expect(page.election.state).to.equal('observer')
    expect(page.election.leader).to.deep.equal({ id, token })
    await until(() => page.election.of('login')?.voters.length === 3)
    expect(page.election.of('login')?.voters).to.deep.equal(voters.map(voter => voter.id).sort())
  })

  it('it never leads, and says so', async () => {
    const error = await page.election.runAsLeader(() => {}).catch((err: Error) => err)
    expect(error).to.have.property('name', 'NotLeaderError')
  })

  it('a page that is frozen, hidden and killed changes no term', async () => {
    // who takes the cores from the voters moves a term, too; what a page does it does each time
    for (let attempt = 1; ; attempt++) {
      const tab = await pages.open({ mesh: 'vote', service: 'login', name: 'tab', bootstrap: relay.addresses })
      const before = await until(() => {
        const [here, there] = [page, tab.mesh].map(({ election }) => election.of('login')?.leader)
        return here !== undefined && here.id === there?.id ? here : undefined
      })
      const { length } = changes
      const { document } = tab.window
      for (const event of ['visibilitychange', 'freeze', 'resume', 'freeze']) document.dispatchEvent(new Event(event))
      tab.kill()
      await until(async () => !await relay.sees(tab.mesh.id), { timeout: 40_000 })
      const after = await leader()
      expect(after.token.epoch).to.equal(before.token.epoch)
      if (attempt < 3 && after.token.term !== before.token.term) continue
      expect(after).to.deep.equal(before)
      expect(changes.slice(length).filter(({ leader }) => leader !== undefined && leader.token.term !== before.token.term)).to.deep.equal([])
      break
    }
  })

  it('when the leader is killed it is told of the next one', async () => {
    const before = await leader()
    await voters.find(({ id }) => id === before.id)?.kill()
    // it is told of what it then knows, however often the office moves meanwhile
    const [next, told] = await until(() => {
      const [next, told] = [page.election.of('login')?.leader, changes.at(-1)]
      return next !== undefined && next.id !== before.id && told?.leader?.id === next.id && told.term === next.token.term ? [next, told] as const : undefined
    }, { timeout: 40_000 })
    expect([next.token.epoch, next.token.term > before.token.term]).to.deep.equal([before.token.epoch, true])
    expect(told).to.include({ service: 'login', state: 'observer' })
  })

  it('a service of tabs has no leader, but all take the same one for it', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(async name => pages.open({ mesh: 'vote', service: 'tab', name, bootstrap: relay.addresses })))
    const hint = await until(() => {
      const hints = [a, b].map(opened => opened?.mesh.election.of('tab')?.hint)
      return [a, b].every(opened => opened?.mesh.discovery.nodes('tab').length === 2) && hints[0] === hints[1] ? hints[0] : undefined
    })
    expect([a?.mesh.id, b?.mesh.id]).to.include(hint)
    expect(a?.mesh.election.leader).to.equal(undefined)
    expect(a?.mesh.election.state).to.equal('observer')
  })
})
