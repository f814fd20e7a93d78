/** Whether what somebody else sent has the texts, numbers and lists that it should have. Pure. */
export type Check = (value: unknown) => boolean

export const text: Check = value => typeof value === 'string'
export const number: Check = value => typeof value === 'number'
export const maybe = (check: Check): Check => value => value == null || check(value)
export const list = (check: Check): Check => value => Array.isArray(value) && value.every(check)

export function shape (fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields)
  return value => typeof value === 'object' && value !== null && checks.every(([name, check]) => check((value as Record<string, unknown>)[name]))
}
