/** Names of the exchanges of an abuse, and of those that are promised for it; others are the kit's own. */
export const FLOOD = 'flood';
export const PUSHED = 'pushed';
