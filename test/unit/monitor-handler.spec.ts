import { expect } from 'chai'
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { metricsHandler } from '../../src/monitor/index.ts'
import { noMonitor } from '../../src/monitor/no-monitor.ts'
import { VERSION } from '../../src/util/version.ts'
import type { AddressInfo } from 'node:net'
import type { HandlerOptions, Health, MeshStatus, Monitor, MonitorComponents } from '../../src/monitor/index.ts'

describe('monitor: over HTTP', () => {
  type Asked = Pick<Monitor, 'health' | 'prometheus'>

  async function ask (monitor: Asked, path: string, method = 'GET', options: HandlerOptions = {}, status?: MeshStatus): Promise<{ status: number, type: string | null, body: string }> {
    const server = createServer(metricsHandler({ monitor: monitor as Monitor, ...status !== undefined && { status } }, options))
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    try {
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method })
      return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  const monitorOf = (health: Health): Pick<Monitor, 'health' | 'prometheus'> => ({ health, prometheus: () => 'braid_health_level 1\n' })
  const well = monitorOf({ level: 'healthy', reasons: [] })

  it('answers with the metrics, and with the health', async () => {
    expect(await ask(well, '/metrics')).to.deep.equal({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: 'braid_health_level 1\n' })
    expect(await ask(well, '/metrics?x=1')).to.include({ status: 200 })
    expect(await ask(well, '/healthz')).to.deep.equal({ status: 200, type: 'application/json', body: '{"ok":true,"level":"healthy","reasons":[],"warnings":[]}\n' })
    expect(await ask(monitorOf({ level: 'joined', reasons: ['x'] }), '/healthz')).to.include({ status: 200 })
    expect(await ask(monitorOf({ level: 'isolated', reasons: ['no path'] }), '/healthz')).to.include({ status: 503, body: '{"ok":false,"level":"isolated","reasons":["no path"],"warnings":[]}\n' })
  })

  it('is well while the node is joined and its program has no reason against it; all say so in the same way', async () => {
    const off = (status: MeshStatus): Asked => noMonitor({ status: () => status } as unknown as MonitorComponents)
    const troubled = monitorOf({ level: 'joined', reasons: ['no leader'] })
    const full = { health: () => ({ warnings: ['all places are given'], places: 3 }) }
    const stopping = { health: () => ({ reasons: ['it is stopping'] }) }
    for (const [monitor, status, options, code, body] of [
      [well, 'joined', {}, 200, { ok: true, reasons: [], warnings: [] }],
      [troubled, 'joined', {}, 200, { ok: true, reasons: [], warnings: ['no leader'] }],
      [troubled, 'joined', full, 200, { ok: true, reasons: [], warnings: ['all places are given', 'no leader'], places: 3 }],
      [well, 'draining', {}, 503, { ok: false, reasons: ['the node is draining'] }],
      [well, 'starting', {}, 503, { ok: false, reasons: ['the node is starting'] }],
      [well, 'stopped', {}, 503, { ok: false }],
      [well, 'joined', stopping, 503, { ok: false, reasons: ['it is stopping'] }],
      [off('joined'), 'joined', {}, 200, { ok: true, level: 'joined' }],
      [off('draining'), 'draining', {}, 503, { ok: false, level: 'joined' }],
      [off('isolated'), 'isolated', {}, 503, { ok: false, level: 'isolated' }]
    ] as Array<[Asked, MeshStatus, HandlerOptions, number, object]>) {
      const answer = await ask(monitor, '/healthz?x=1', 'GET', options, status)
      expect(answer.status, JSON.stringify([status, body])).to.equal(code)
      expect(JSON.parse(answer.body)).to.deep.include(body)
    }
  })

  it('adds the metrics of a program, and tells why there are none', async () => {
    expect(await ask(well, '/metrics', 'GET', { metrics: () => 'a 1\n' })).to.include({ status: 200, body: 'braid_health_level 1\na 1\n' })
    const broken = { metrics: () => { throw new Error('no figures') }, health: () => { throw new Error('no health') } }
    expect(await ask(well, '/metrics', 'GET', broken)).to.include({ status: 503, body: 'no figures\n' })
    expect(await ask(well, '/healthz', 'GET', broken)).to.include({ status: 503, body: 'no health\n' })
  })

  it('answers nothing else', async () => {
    expect(await ask(well, '/../etc/passwd')).to.include({ status: 404 })
    expect(await ask(well, '/metrics', 'PUT')).to.include({ status: 405 })
    expect(await ask(well, '/')).to.include({ status: 404 })
    expect(await ask(well, '/metrics', 'POST')).to.include({ status: 405 })
    expect(await ask(well, '/metrics', 'HEAD')).to.include({ status: 200, body: '' })
  })

  it('says so when the monitor is off', async () => {
    const off = noMonitor({ status: () => 'joined' } as unknown as MonitorComponents)
    expect(await ask(off, '/metrics')).to.include({ status: 503 })
    expect(await ask(off, '/healthz')).to.include({ status: 200 })
    expect(() => off.snapshot()).to.throw(/monitor: false/).with.property('name', 'InvalidOptionsError')
    expect(off.health.level).to.equal('joined')
    off.start()
    off.refresh()
    off.stop()
  })

  it('the version that is told is the package\'s', () => {
    expect(VERSION).to.equal((JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version)
  })
})
