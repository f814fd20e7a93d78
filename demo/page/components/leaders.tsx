import { duration, ms } from '../lib/text.ts'
import { stepDown, steps, terms } from '../state/leaders.ts'
import { leases } from '../state/others.ts'
import { nameOf, now, selfId, services } from '../state/view.ts'
import { Glyph } from './glyph.tsx'
import { Panel } from './panel.tsx'
import type { JSX } from 'preact'
import type { ServiceInfo } from '../../../src/index.ts'

export function Leaders (): JSX.Element {
  return (
    <Panel
      id='leaders' title='Leaders' aside={<span class='hint'>one for each service</span>}
      note={<>The Node processes of a service elect one leader among them, by the rules of Raft: a majority must agree, a lease ends before anybody else can win, and each leader has a term that only grows, so what it writes can be fenced. Browser tabs look on and never vote. “Step down” calls <code>braid.election.resign</code>, which a node allows only when it was told to.</>}
    >
      <ul class='cards'>
        {services.value.map(service => <Group key={service.service} {...service} />)}
      </ul>
    </Panel>
  )
}

function roleOf ({ state, nodes }: ServiceInfo): string {
  if (!nodes.includes(selfId.value)) return 'not in it'
  return state === 'observer' ? 'observer: tabs do not vote' : state
}

function Group (info: ServiceInfo): JSX.Element {
  const { service, leader, voters, hint, nodes } = info
  const step = steps.value.get(service)
  return (
    <li class='card' data-service={service} data-term={leader?.term}>
      <div class='card-head'>
        <h3>{service}</h3>
        {leader == null
          ? <p class='leader'>{voters.length === 0 && nodes.length > 0 ? 'no leader: nobody here can vote' : 'electing …'}</p>
          : <p class='leader'><span class='crown' aria-hidden='true'>♛</span> <Glyph id={leader.id} size={18} /> <strong>{nameOf(leader.id)}</strong> leads in term <strong>{leader.term}</strong></p>}
        {leader != null && <button type='button' class='quiet small' onClick={() => { void stepDown(service, leader.id) }}>Step down<span class='unseen'> {nameOf(leader.id)} as leader of {service}</span></button>}
      </div>
      <dl class='facts'>
        <div><dt>Voters</dt><dd>{voters.length === 0 ? 'none' : voters.map(nameOf).sort().join(', ')}</dd></div>
        {leader != null && leases.value.has(service) && <div><dt>Lease left</dt><dd data-lease={leases.value.get(service)}>{ms(leases.value.get(service))} when it was asked</dd></div>}
        <div><dt>This tab</dt><dd>{roleOf(info)}</dd></div>
        {hint != null && <div><dt>Whom all would take</dt><dd>{nameOf(hint)}</dd></div>}
      </dl>
      {step != null && <p class={step.failed ? 'problem' : 'hint'} role='status'>{step.text}</p>}
      <Timeline service={service} />
    </li>
  )
}

/** Each term as long as it lasted, up to a point: the short ones are to be seen as well. */
function Timeline ({ service }: { service: string }): JSX.Element | null {
  const known = terms.value.get(service) ?? []
  if (known.length === 0) return null
  return (
    <ol class='timeline' aria-label={`Terms of ${service}, oldest first`}>
      {known.map(({ epoch, term, leader, since }, i) => {
        const until = known[i + 1]?.since ?? now.value
        return (
          <li key={`${epoch} ${term}`} style={{ flexGrow: Math.max(1, Math.log2((until - since) / 1000 + 1)) }}>
            <span class='term'>term {term}</span> {nameOf(leader)} <span class='hint'>{duration(until - since)}</span>
          </li>
        )
      })}
    </ol>
  )
}
