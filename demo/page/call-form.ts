/** The form that calls: who answered, in how many milliseconds, and what. */
import { element, make, setOptions } from './dom.ts'
import { methodsOf } from './lists.ts'
import { milliseconds, parseArguments, show } from './text.ts'
import type { Mesh, RpcError } from '../../src/index.ts'

const HISTORY = 12

/** What the fields start with. */
const EXAMPLES: Readonly<Record<string, { method: string, args: unknown }>> = {
  login: { method: 'user.password', args: { user: 'ada' } },
  mail: { method: 'send', args: { to: 'ada@example.org' } },
  tab: { method: 'hello', args: { from: 'a tab' } }
}

interface Request {
  service: string
  method: string
  args: unknown
  token: string
  node: string
}

interface Outcome {
  /** Name of the node, or empty when none was reached. */
  node: string
  ms: number
  result?: unknown
  error?: RpcError
}

const form = element<HTMLFormElement>('call')
const service = element<HTMLSelectElement>('service')
const method = element<HTMLInputElement>('method')
const args = element<HTMLTextAreaElement>('args')
const node = element<HTMLSelectElement>('node')
const answer = element<HTMLOutputElement>('answer')
const history = element<HTMLTableElement>('calls')
const buttons = [element<HTMLButtonElement>('send'), element<HTMLButtonElement>('send-ten')]
let mesh: Mesh | undefined
let chosen = ''
/** A call is under way; its button stays enabled, so that the keyboard stays on it. */
let busy = false

function enable (): void {
  const callable = mesh != null && mesh.discovery.services().length > 0
  for (const button of buttons) button.disabled = !callable
}

/** Another service brings its own methods, example and nodes. */
function chooseService (): void {
  if (service.value !== chosen) {
    chosen = service.value
    const example = EXAMPLES[chosen]
    method.value = example?.method ?? methodsOf(mesh?.discovery.nodes(chosen) ?? [])[0] ?? ''
    args.value = example == null ? '' : show(example.args)
    node.value = ''
  }
  const nodes = mesh?.discovery.nodes(chosen) ?? []
  element('methods').replaceChildren(...methodsOf(nodes).map(name => new Option(name, name)))
  setOptions(node, [['', 'any'], ...nodes.map(({ id, name }) => [id, name] as const)])
}

async function callOnce (on: Mesh, request: Request): Promise<Outcome> {
  let answering = request.node
  const name = (id: string): string => on.discovery.node(id)?.name ?? id
  const begin = performance.now()
  try {
    const result = await on.rpc.invoke(request.service, request.method, request.args, {
      ...request.token === '' ? {} : { token: request.token },
      ...request.node === '' ? {} : { node: request.node },
      onNode: id => { answering = id }
    })
    return { node: name(answering), ms: performance.now() - begin, result }
  } catch (error) {
    const { node = answering } = error as RpcError
    return { node: node === '' ? '' : name(node), ms: performance.now() - begin, error: error as RpcError }
  }
}

function remember (request: Request, { node, ms, error }: Outcome): void {
  const row = make('tr', [
    make('th', `${request.service} ${request.method}`, { scope: 'row' }),
    make('td', request.token === '' ? '–' : request.token),
    make('td', error == null ? node : `${error.code ?? error.name}${node === '' ? '' : ` (${node})`}`),
    make('td', milliseconds(ms), { class: 'number' })
  ], error == null ? {} : { class: 'failed' })
  const rows = [row, ...history.querySelectorAll('tbody tr:not(.none)')]
  history.tBodies[0]?.replaceChildren(...rows.slice(0, HISTORY))
}

function showOne ({ node, ms, result, error }: Outcome): void {
  answer.dataset['outcome'] = error == null ? 'done' : 'failed'
  const took = ` in ${milliseconds(ms)} ms`
  answer.replaceChildren(...error == null
    ? [make('p', [make('strong', node), ` answered${took}`]), make('pre', show(result, 2))]
    : [make('p', [make('strong', error.code ?? error.name), took]), make('pre', error.message)])
}

/** How the calls spread over the nodes. */
function showMany (outcomes: readonly Outcome[]): void {
  const failed = outcomes.filter(({ error }) => error != null)
  const times = outcomes.map(({ ms }) => ms).sort((a, b) => a - b)
  const shares = new Map<string, number>()
  for (const { node, error } of outcomes) if (error == null) shares.set(node, (shares.get(node) ?? 0) + 1)
  answer.dataset['outcome'] = failed.length === 0 ? 'done' : 'failed'
  answer.replaceChildren(
    make('p', [make('strong', `${outcomes.length - failed.length} of ${outcomes.length}`), ` answered, half of them within ${milliseconds(times[Math.floor(times.length / 2)] ?? 0)} ms`]),
    make('ul', Array.from(shares).sort().map(([name, share]) => make('li', [make('strong', name), ` answered ${share}`]))),
    ...failed.slice(0, 1).map(({ error }) => make('pre', error?.message ?? ''))
  )
}

/** Undefined when the arguments are not JSON, which is said beside the field. */
function read (): Request | undefined {
  const fields = new FormData(form)
  const field = (name: string): string => String(fields.get(name) ?? '').trim()
  const problem = element('args-problem')
  try {
    const request = { service: field('service'), method: field('method'), args: parseArguments(field('args')), token: field('token'), node: field('node') }
    problem.textContent = ''
    args.removeAttribute('aria-invalid')
    return request
  } catch (error) {
    problem.textContent = (error as Error).message
    args.setAttribute('aria-invalid', 'true')
    args.focus()
    return undefined
  }
}

async function submit (times: number): Promise<void> {
  const request = read()
  if (request == null || mesh == null || busy) return
  busy = true
  answer.setAttribute('aria-busy', 'true')
  const outcomes: Outcome[] = []
  while (outcomes.length < times) {
    const outcome = await callOnce(mesh, request)
    outcomes.push(outcome)
    remember(request, outcome)
  }
  busy = false
  answer.removeAttribute('aria-busy')
  const [only] = outcomes
  if (times > 1) showMany(outcomes)
  else if (only != null) showOne(only)
}

/** Offer what can be called now; undefined: nothing can. */
export function offer (now: Mesh | undefined): void {
  mesh = now
  if (now != null) {
    setOptions(service, now.discovery.services().map(name => [name, name] as const))
    chooseService()
  }
  enable()
}

service.addEventListener('change', chooseService)
form.addEventListener('submit', event => {
  event.preventDefault()
  const times = Number((event.submitter as HTMLButtonElement | null)?.value ?? 1)
  void submit(times)
})
