/** Clock and timer as they are, also while a test has made time swift: whoever does that loads this before. */

/** Milliseconds, monotonic. */
export const realNow: () => number = performance.now.bind(performance)

export const realTimeout = setTimeout
