import { RpcError } from '../errors.ts'
import { thrown } from './outcome.ts'
import type { InvokeOptions } from './index.ts'
import type { NodeInfo } from '../discovery/index.ts'

/** `T` is what the method gives, where a contract tells. */
export interface InvokeAllOptions<T = unknown> extends Omit<InvokeOptions, 'node' | 'balancer' | 'token' | 'prefer' | 'avoid' | 'onNode'> {
  /** Results that are enough: the calls that are still under way then are cancelled. @default all */
  count?: number | undefined
  /** Called with each node's result as it comes. */
  onResult?: ((result: NodeResult<T>) => void) | undefined
}

/** What one node answered. */
export type NodeResult<T = unknown> =
  | { readonly node: NodeInfo, readonly status: 'fulfilled', readonly value: T }
  | { readonly node: NodeInfo, readonly status: 'rejected', readonly reason: RpcError }

type Invoke = (options: InvokeOptions) => Promise<unknown>

/** Ask all nodes at once. Never rejects for what a node answers; the results are in the order of the nodes. */
export async function scatter (nodes: readonly NodeInfo[], invoke: Invoke, options: InvokeAllOptions): Promise<NodeResult[]> {
  const { count = Infinity, onResult, signal, ...rest } = options
  const enough = new AbortController()
  const signals = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal])
  let fulfilled = 0
  const ask = async (node: NodeInfo): Promise<NodeResult> => {
    let result: NodeResult
    try {
      const value = await invoke({ ...rest, node: node.id, signal: signals })
      result = { node, status: 'fulfilled', value }
      fulfilled++
    } catch (err) {
      result = { node, status: 'rejected', reason: err instanceof RpcError ? err : thrown(err) }
    }
    try {
      onResult?.(result)
    } catch (err) {
      enough.abort(err)
      throw err
    }
    if (fulfilled >= count) {
      enough.abort(new Error('enough nodes have answered'))
    }
    return result
  }
  return Promise.all(nodes.map(ask))
}
