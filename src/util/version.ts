/** Of this package, as its manifest has it: pages have no manifest to read. */
export const VERSION = '0.1.0'
