/** How much room a text takes in a terminal. Pure. */

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const NONE = /\p{Mn}|\p{Me}|\p{Cf}/u
const PLAIN = /^[ -~…]*$/

function widthOf (letter: string): number {
  return NONE.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1
}

/** Columns of a text of printable characters. */
export function columnsOf (text: string): number {
  return PLAIN.test(text) ? text.length : [...text].reduce((sum, letter) => sum + widthOf(letter), 0)
}

/** As much of a text as has room in so many columns. */
export function cutTo (text: string, columns: number): string {
  if (PLAIN.test(text)) return text.slice(0, columns)
  let room = columns
  const letters = [...text]
  const end = letters.findIndex(letter => (room -= widthOf(letter)) < 0)
  return letters.slice(0, end === -1 ? undefined : end).join('')
}

/** Likewise, and it shows that there is more. */
export function clipped (text: string, columns: number): string {
  return columnsOf(text) <= columns ? text : `${cutTo(text, columns - 1)}…`
}
