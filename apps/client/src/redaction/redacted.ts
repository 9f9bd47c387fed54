/** What stands in the place of a value that is not sent. */
export const REDACTED = "[REDACTED]";
