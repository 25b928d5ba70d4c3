/** Why it does not start stands on stderr already, in one line. */
export class Told extends Error {}
