/** Standard Schema (https://standardschema.dev): one way to validate for zod, valibot, arktype and others. */
import { RpcError } from '../errors.ts'
import { MAX_ISSUES, MAX_ISSUE_MESSAGE } from './numbers.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** An issue as it travels in an error's details. */
export interface Issue {
  message: string
  path: Array<string | number>
}

/** What a handler's arguments failed on. */
export function invalidInput (issues: readonly StandardSchemaV1.Issue[]): RpcError {
  return new RpcError('INVALID_ARGUMENT', `the arguments are not valid: ${summary(issues)}`, { details: { issues: toIssues(issues) } })
}

/** A handler broke its own contract: no fault of the caller. */
export function invalidOutput (issues: readonly StandardSchemaV1.Issue[]): RpcError {
  return new RpcError('INTERNAL', `the result is not valid: ${summary(issues)}`, { details: { issues: toIssues(issues) } })
}

export function toIssues (issues: readonly StandardSchemaV1.Issue[]): Issue[] {
  // plain arrays: those of arktype are of a class whose `map` and `slice` make something else
  return Array.from(issues).slice(0, MAX_ISSUES).map(issue => ({ message: shorten(issue.message), path: toPath(issue.path) }))
}

function toPath (path: StandardSchemaV1.Issue['path']): Array<string | number> {
  return Array.from(path ?? [], segment => {
    const key = typeof segment === 'object' ? segment.key : segment
    return typeof key === 'number' ? key : String(key)
  })
}

function summary (issues: readonly StandardSchemaV1.Issue[]): string {
  const [first] = issues
  if (first === undefined) {
    return 'the schema gave no reason'
  }
  const path = toPath(first.path).join('.')
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return `${path === '' ? '' : `${path}: `}${shorten(first.message)}${more}`
}

function shorten (message: string): string {
  const text = String(message)
  return text.length > MAX_ISSUE_MESSAGE ? `${text.slice(0, MAX_ISSUE_MESSAGE)}…` : text
}
