/** This node does not lead, or not any more: somebody else knows. */
export class NotLeading extends Error {
  static override readonly name = 'NotLeading'
  /** Nothing was changed. */
  readonly certain: boolean

  constructor (certain = true) {
    super('this node does not lead its service')
    this.name = 'NotLeading'
    this.certain = certain
  }
}
