/** Stands in for `fake-indexeddb/auto` where the real one is. */
export {}
