const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/|memory\/)/

/** Whether a multiaddr leads to this machine itself, which takes no network. */
export function isLoopback (address: string): boolean {
  return LOOPBACK.test(address)
}
