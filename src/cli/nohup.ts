/** Whether it was started to outlive its terminal. */
import { readFileSync, readlinkSync } from 'node:fs'

/**
 * Node takes back that SIGHUP was ignored when it started, before anybody can see it. What is left of GNU's `nohup` is
 * the stdin that it gives in place of a terminal: /dev/null, open for writing alone. Linux tells of that.
 */
export function isUnderNohup (): boolean {
  try {
    return readlinkSync('/proc/self/fd/0') === '/dev/null' && /^flags:\s*[0-7]*1$/m.test(readFileSync('/proc/self/fdinfo/0', 'utf8'))
  } catch {
    return false
  }
}
