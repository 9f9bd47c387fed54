/** Each bound of the commands about a live cluster, with what it protects and why that number. */

/** A page of 250 Applications with 60 resources each is 10 MiB. An answer beyond this is no page of ours. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Objects a page: 1,000 tenants are 12 pages of pods, and no page takes the API server over 100 ms. */
export const PAGE_SIZE = 250;

/** Pages of one list: 100,000 objects. A server that always has one more page must not hold us for ever. */
export const MAX_PAGES = 400;

/** Requests at once. The API server's fairness gives a user some ten seats; more would only queue there. */
export const PARALLEL = 6;

/** Connections: the requests above, and a watch on each kind beside them. */
export const MAX_SOCKETS = PARALLEL + 20;

/** One request, its page read to the end. An API server that needs longer is in trouble, and that is the answer. */
export const REQUEST_MILLISECONDS = 15_000;

/** A kubeconfig's exec plugin may open a browser for a person to log in. */
export const CREDENTIALS_MILLISECONDS = 120_000;

/** A kubeconfig of a hundred clusters with their certificates is 1 MiB. */
export const MAX_KUBECONFIG_BYTES = 4 * 1024 * 1024;

/** Tries of a read that the server asked to repeat (429, 503) or whose connection broke, and the longest wait between. */
export const TRIES = 3;
export const MAX_RETRY_MILLISECONDS = 5_000;

/** Lists that begin again because their continue token expired. */
export const LIST_RESTARTS = 3;

/** A watch is asked to end by itself after this long, as the API server's own default does within an hour. */
export const WATCH_SECONDS = 290;

/** One event of a watch: an object has at most 1.5 MiB in etcd, and JSON on the way is somewhat larger. */
export const MAX_EVENT_BYTES = 8 * 1024 * 1024;

/** The wait before a broken watch begins again: doubled from the first to the last. */
export const BACKOFF_MILLISECONDS = { first: 250, last: 15_000 };

/** Text of a cluster that is printed: an error of Argo CD with a whole diff in it is 30 KiB. */
export const MAX_TEXT = 2_000;

/** Counting commits takes milliseconds; a repository on a dead network drive must not hold the answer. */
export const MAX_GIT_MILLISECONDS = 10_000;

/** Distinct revisions that tenants stand at: usually one or two. Counting the way from a hundred takes a second. */
export const MAX_REVISIONS = 100;

/** A quota above this share is worth a word before it refuses something. */
export const QUOTA_NOTICE_PERCENT = 90;

/** Redis above this share of its maxmemory: retention lets it rise to 85 %, so this is beyond what retention holds. */
export const MEMORY_NOTICE_PERCENT = 95;

/** A pod that restarted this often is worth a word even while it runs. */
export const RESTARTS_NOTICE = 5;

/** Changes that come together are shown together: a rollout changes a dozen objects within a second. */
export const REDRAW_MILLISECONDS = 500;

/** Redis' memory cannot be watched: it is asked again this often. */
export const MEMORY_MILLISECONDS = 30_000;

/** Prometheus through the API server: where a policy drops the packets there is no answer at all. */
export const METRICS_MILLISECONDS = 4_000;

/** Events of the last quarter of an hour, newest first, that a tenant's page shows. */
export const EVENT_MILLISECONDS = 15 * 60_000;
export const MAX_EVENTS = 10;

/**
 * From when Argo CD wrote a closed namespace until nobody can write to it any more: a sync takes seconds, and a log
 * service that is told to end drains for 20. An export that was begun later has everything.
 */
export const CLOSING_SECONDS = 60;

/** How often it is looked whether a namespace has ended, which takes some seconds. */
export const GONE_POLL_MILLISECONDS = 500;
