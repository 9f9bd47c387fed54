/** How long a part may take to answer, in ms: half a second here; CI machines under load need the room. */
export const READY_MS = 120_000;

/** How often a part is asked whether it is ready, in ms. */
export const ASK_MS = 50;

/** The API server ignores SIGTERM for over 10 s: all parts are killed after this many ms. */
export const STOP_MS = 2_000;

/** How much of a part's log is shown when it dies, in bytes. */
export const LOG_TAIL = 4_000;

/** How long everything may take to leave when asked to, in ms, before it is killed. */
export const LEAVE_MS = 10_000;
