/**
 * What a log store makes of what it finds when it is opened. Two witnesses are compared: the *state* of each log, which
 * stands beside its entries and changes with them, and the *roster*, which is kept apart from them and holds for every
 * log that ever had an entry a `ceiling` that none of its seqs is above. Damage to the first shows in the second, so a
 * log that lost its end, or everything, is said to be lost, and goes on above the ceiling: no seq is used twice.
 */

/** Kept with the entries, in the same atomic write. Entries `first..last` are kept; `last` is the highest seq ever used. */
export interface LogState {
  first: number
  last: number
  /** No entry was appended since it was deleted, or ever. Its `last` stays, so that a later life goes on above it. */
  deleted: boolean
}

export interface RosterEntry {
  /** No seq above this one was ever used. */
  ceiling: number
  /** Said until the log is deleted. */
  lost: boolean
}

/** The lowest and the highest seq at or above the state's `first` that are really there. */
export interface Edges {
  first: number
  last: number
}

export interface FoundLog {
  /** Undefined: not there. 'corrupt': there, and not to be believed. */
  state: LogState | 'corrupt' | undefined
  roster: RosterEntry | undefined
  edges: Edges | undefined
}

export interface RecoveredLog {
  state: LogState
  roster: RosterEntry
}

export const NEVER_WRITTEN: Readonly<LogState> = { first: 1, last: 0, deleted: true }

/** `damaged`: acknowledged writes are missing, and nobody knows of which logs. */
export function recoverLog (found: FoundLog, damaged: boolean): RecoveredLog {
  const { state, roster, edges } = found
  const ceiling = Math.max(roster?.ceiling ?? 0, edges?.last ?? 0)

  if (state == null || state === 'corrupt') {
    return {
      state: { first: edges?.first ?? ceiling + 1, last: ceiling, deleted: false },
      roster: { ceiling, lost: true }
    }
  }

  if (damaged) {
    const last = Math.max(ceiling, state.last)
    return {
      state: { first: state.first, last, deleted: false },
      roster: { ceiling: last, lost: true }
    }
  }

  const empty = state.first > state.last
  const gap = !empty && (edges?.first !== state.first || edges.last < state.last)
  return {
    state,
    roster: { ceiling: Math.max(ceiling, state.last), lost: gap || (roster?.lost ?? false) }
  }
}
