/** The page as files on any server: what it knows of the mesh, it has from its link. */
import { expect } from 'chai'
import { buildPage, serveStatic } from './static-page.ts'
import { useTabs } from './tabs.ts'
import type { BuiltPage, StaticPage } from './static-page.ts'

describe('the demo page, as files', function () {
  this.timeout(480_000)
  const tabs = useTabs()
  let built: BuiltPage
  let files: StaticPage

  before(async () => { built = await buildPage() })
  after(async () => { await built?.[Symbol.asyncDispose]() })

  beforeEach(async () => { files = await serveStatic(built) })

  // when its tabs are closed: they may be loading something yet
  afterEach(async () => { await files[Symbol.asyncDispose]() })

  it('two tabs join by what stands behind the # of the shared link, from a folder without config.json', async () => {
    expect(built.output).to.match(/kB gzip {2}index\.html\n/).and.to.contain('open index.html#mesh=NAME&relay=ADDRESS')
    const served = await tabs.open()
    await served.join()
    const { hash } = new URL(await served.shareLink())
    expect(hash).to.match(/^#mesh=demo&relay=\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\/\w+/)

    const first = await tabs.open(`${files.url}${hash}`)
    const firstName = await first.join()
    const link = await first.shareLink()
    expect(link).to.equal(`${files.url}${hash}`)
    const second = await tabs.open(link)
    const secondName = await second.join()
    await first.node(secondName).waitFor()
    await second.node(firstName).waitFor()
    expect(await second.call({ service: 'tab', node: firstName, args: '{}' })).to.include({ outcome: 'done', node: firstName })
    await first.page.locator('#leaders summary').click()
    const code = await first.page.locator('#leaders .note a').last().evaluate((link: HTMLAnchorElement) => link.href)
    expect(await (await fetch(code)).text()).to.contain('One leader per service')

    expect(files.missed).to.deep.equal([])
    for (const { requests } of [first, second]) expect(requests.filter(request => !request.startsWith(files.url) && !request.startsWith('ws:'))).to.deep.equal([])
  })

  it('says what its link lacks', async () => {
    const tab = await tabs.open(`${files.url}#mesh=demo`)
    await tab.button('Join the mesh').click()
    await tab.page.getByText('This page does not know where the mesh is').waitFor()
    expect(files.missed).to.deep.equal([`${new URL(files.url).pathname}config.json`])
    // the browser's own words
    expect(tab.errors.splice(0)).to.satisfy((errors: string[]) => errors.every(error => error.includes('404')))
  })

  it('asks nobody but its server and the nodes, and runs no script but its own: its policy is inside', async () => {
    const tab = await tabs.open(files.url)
    const refused = await tab.page.evaluate(async elsewhere => {
      const directives: string[] = []
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => { directives.push(effectiveDirective) })
      await fetch(elsewhere, { mode: 'no-cors' }).catch(() => {})
      for (const rel of ['modulepreload', 'stylesheet']) document.head.append(Object.assign(document.createElement('link'), { rel, href: elsewhere }))
      const image = new Image()
      image.src = elsewhere
      try {
        document.body.insertAdjacentHTML('beforeend', '<p>')
      } catch {}
      for (let i = 0; i < 2_000 && new Set(directives).size < 5; i++) await new Promise(resolve => setTimeout(resolve, 20))
      return [...new Set(directives)].sort()
    }, tabs.stage.url)
    expect(refused).to.deep.equal(['connect-src', 'img-src', 'require-trusted-types-for', 'script-src-elem', 'style-src-elem'])
    expect(tab.errors.splice(0)).to.satisfy((errors: string[]) => errors.every(error => /Content Security Policy|TrustedHTML/.test(error)))
  })
})
