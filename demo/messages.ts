/** What the processes of the demo tell the one that started them. */

export type Role = 'relay' | 'login' | 'mail' | 'gate'

export type Message =
  /** The node is in the mesh, or looks for it. `addresses`: where it can be dialled. */
  | { type: 'up', id: string, addresses: string[] }
  /** A line for the person at the terminal. */
  | { type: 'say', text: string }
  /** The gate has called everything once. */
  | { type: 'toured' }

/** To the process that started this one; nothing where there is none. */
export function tell (message: Message): void {
  if (process.connected) process.send?.(message)
}
