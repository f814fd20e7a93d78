/** braid-mesh whose monitor is asked for everything every second, as by Prometheus (which asks every 15) and a page that shows it. */
import { mesh } from './mesh.ts'

export const { serve, client } = mesh(() => ({}), mesh => {
  setInterval(() => {
    mesh.monitor.snapshot()
    mesh.monitor.prometheus()
  }, 1_000)
})
