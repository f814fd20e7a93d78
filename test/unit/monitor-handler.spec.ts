import { expect } from 'chai'
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { metricsHandler } from '../../src/monitor/index.ts'
import { noMonitor } from '../../src/monitor/no-monitor.ts'
import { VERSION } from '../../src/util/version.ts'
import type { AddressInfo } from 'node:net'
import type { Health, Monitor, MonitorComponents } from '../../src/monitor/index.ts'

describe('monitor: over HTTP', () => {
  async function ask (monitor: Pick<Monitor, 'health' | 'prometheus'>, path: string, method = 'GET'): Promise<{ status: number, type: string | null, body: string }> {
    const server = createServer(metricsHandler({ monitor: monitor as Monitor }))
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
    expect(await ask(well, '/healthz')).to.deep.equal({ status: 200, type: 'application/json', body: '{"level":"healthy","reasons":[]}\n' })
    expect(await ask(monitorOf({ level: 'joined', reasons: ['x'] }), '/healthz')).to.include({ status: 200 })
    expect(await ask(monitorOf({ level: 'isolated', reasons: ['no path'] }), '/healthz')).to.include({ status: 503, body: '{"level":"isolated","reasons":["no path"]}\n' })
  })

  it('answers nothing else', async () => {
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
