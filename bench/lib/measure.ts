/** The load loop: keeps `inflight` calls under way and takes the time of each. */

/** Something that echoes a payload and says when the answer is there. */
export type Call = (payload: unknown, done: (error?: Error) => void) => void

export interface Sample {
  /** Calls per second. */
  rate: number
  /** Microseconds. */
  p50: number
  p99: number
  /** Seconds of CPU of this process per 100 000 calls. */
  cpu: number
}

const MAX_LATENCIES = 1 << 20

function quantile (sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** Calls for `ms` milliseconds. */
export async function measure (call: Call, payload: unknown, inflight: number, ms: number): Promise<Sample> {
  const latencies = new Float64Array(MAX_LATENCIES)
  let count = 0
  const begin = performance.now()
  const cpu = process.cpuUsage()
  const end = begin + ms
  await new Promise<void>((resolve, reject) => {
    let open = inflight
    const slot = (): void => {
      const sent = performance.now()
      call(payload, error => {
        if (error != null) { reject(error); return }
        const now = performance.now()
        latencies[count++ % MAX_LATENCIES] = now - sent
        if (now < end) slot()
        else if (--open === 0) resolve()
      })
    }
    for (let i = 0; i < inflight; i++) slot()
  })
  const elapsed = performance.now() - begin
  const used = process.cpuUsage(cpu)
  const sorted = latencies.subarray(0, Math.min(count, MAX_LATENCIES)).sort()
  return {
    rate: count / elapsed * 1_000,
    p50: quantile(sorted, 0.5) * 1_000,
    p99: quantile(sorted, 0.99) * 1_000,
    cpu: (used.user + used.system) / 1e6 / count * 1e5
  }
}

/** Runs until the rate stops rising: a fixed warm-up leaves some peers far too slow. */
export async function warmUp (call: Call, payload: unknown, inflight: number): Promise<void> {
  let best = 0
  for (let round = 0, flat = 0; round < 12 && flat < 2; round++) {
    const { rate } = await measure(call, payload, inflight, 300)
    flat = rate > best * 1.05 ? 0 : flat + 1
    best = Math.max(best, rate)
  }
}
