/** What a node's record says of its part in pub/sub. */

/** It takes part in channels: a page that does not need to has not loaded what that takes. */
export const MEMBER = 'topics'
/** It keeps messages for others. */
export const KEEPER = 'keeper'
