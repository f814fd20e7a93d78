/** braid-mesh without its monitor. */
import { mesh } from './mesh.ts'

export const { serve, client } = mesh(() => ({ monitor: false }))
