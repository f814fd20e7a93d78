/** What a metric is: its name, what it means, and its values. */

/** Names of labels and their values. */
export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
  /** After the metric's name. */
  readonly suffix?: '_bucket' | '_sum' | '_count'
}

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'untyped'

export interface Family {
  readonly name: string
  readonly type: FamilyType
  readonly help: string
  /** Names of the labels that its samples have, in their order. */
  readonly labels: readonly string[]
  readonly samples: readonly Sample[]
}

export function gauge (name: string, help: string, labels: readonly string[], samples: readonly Sample[]): Family {
  return { name, type: 'gauge', help, labels, samples }
}

export function counter (name: string, help: string, labels: readonly string[], samples: readonly Sample[]): Family {
  return { name, type: 'counter', help, labels, samples }
}

/** A metric of one value, which may be missing. */
export function single (value: number | undefined, labels: Labels = {}): Sample[] {
  return value === undefined ? [] : [{ labels, value }]
}
