/** Each bound of the generator, with what it protects and why that number. */

/** A record is some 60 lines; 256 KiB holds thousands of keys and stops a file that was meant for elsewhere. */
export const MAX_RECORD_BYTES = 256 * 1024;

/** The schema is 6 levels deep. Deeper YAML is an attack on a recursive parser, so it is refused before parsing. */
export const MAX_YAML_DEPTH = 32;

/** A hostile file could hold a hundred thousand errors; nobody reads more than these of one file. */
export const MAX_PROBLEMS_PER_FILE = 200;

/** Kubernetes names of namespaces and labels: 63 characters. */
export const MAX_NAME = 63;

/** `tenant-<id>-org-<org>-mcp` adds 16 characters to the two ids: 23 and 24 always fit in 63, longer ones are added up by the plan. */
export const MAX_TENANT_ID = 40;
export const MAX_ORGANIZATION_ID = 40;

/** People read a display name in one line of a table. */
export const MAX_DISPLAY_NAME = 100;

/** A rule's name becomes part of a NetworkPolicy's name (`custom-<name>`). */
export const MAX_RULE_NAME = 50;

/** Lists that people write by hand. A cap keeps one record from making an overlay of thousands of objects. */
export const MAX_ORGANIZATIONS = 50;
export const MAX_HOSTS = 20;
export const MAX_RULES = 50;
export const MAX_PEERS = 50;
export const MAX_PORTS = 50;
export const MAX_KEYS = 200;
export const MAX_LABELS = 20;
export const MAX_CIDRS = 50;

/** Bounds of the log service itself, which would not start beyond them; a test holds the two together. */
export const MAX_LANES = 64;
export const MAX_REDACTED_FIELDS = 256;
export const MAX_REDACTED_FIELD = 128;
export const MAX_PATTERNS = 32;
export const MAX_REGEX = 512;
export const MAX_REGEX_STEPS = 500;
export const MAX_CLAIM = 255;
export const MAX_SUBJECT = 259;

/** A chain of certificates is 2 to 6 KiB. */
export const MAX_PEM = 32 * 1024;

/** The longest zone of the tz database has 32 characters. */
export const MAX_ZONE = 64;

/** Redis' dataset at most 45 % of the container's limit: a dataset rewritten during a save was seen at 1.97 times its size. */
export const REDIS_MEMORY_PERCENT = 45;

/** The append-only file may grow to twice the dataset before it is rewritten, and the rewrite stands beside it until it is done. */
export const REDIS_STORAGE_FACTOR = 3;

/** How fast Redis loads at least; the start-up probe waits for a full one. Measured 400 MB/s on a quiet disk, a twentieth on a bad day. */
export const REDIS_LOAD_BYTES_PER_SECOND = 20 * 1024 * 1024;

/** What PostgreSQL takes for its own cache; the rest of the memory is the kernel's cache of its files, and its processes'. */
export const ARCHIVE_BUFFERS_PERCENT = 25;

/** What it may count on to be in one of the two caches, when it chooses between an index and a scan. */
export const ARCHIVE_CACHE_PERCENT = 60;

/** All sorts and hashes together, if each connection and each helper had one: PostgreSQL itself bounds only each of them. */
export const ARCHIVE_WORK_PERCENT = 25;

/** Processes that help with questions: one for a core, and no more than PostgreSQL starts at all, autovacuum's beside them. */
export const MAX_ARCHIVE_PARALLEL = 8;

/** Making an index and vacuuming, of which three may run at once. */
export const ARCHIVE_MAINTENANCE_PERCENT = 5;

/** Below 192Mi a quarter for the cache leaves no room for the processes of a small tenant's connections. */
export const MIN_ARCHIVE_BYTES = 192 * 1024 * 1024;

/** A new cluster with its write-ahead log, the day's partition with its indexes, and room to drop one. */
export const MIN_ARCHIVE_STORAGE = 2 * 1024 * 1024 * 1024;

/** The write-ahead log between two checkpoints, as a share of the volume, and at most: more only makes a start after a crash longer. */
export const ARCHIVE_WAL_PERCENT = 5;
export const MAX_ARCHIVE_WAL = 4 * 1024 * 1024 * 1024;

/** How fast PostgreSQL replays its log at least after a crash; the start-up probe waits for all of it. */
export const ARCHIVE_REPLAY_BYTES_PER_SECOND = 10 * 1024 * 1024;

/** Connections of one replica at their most: its readers, writers for what is stored directly, and one that moves or asks whether it may. A test holds the service to it. */
export const ARCHIVE_CONNECTIONS_PER_REPLICA = 9;

/** Of who moves records two as the owner and a second one to move by; those PostgreSQL keeps for its superuser, and two for people who look. */
export const ARCHIVE_OTHER_CONNECTIONS = 8;

/** How many records wait for the archive: fewer than a batch would pass over what just came, more is days of a tenant's logs. */
export const MIN_BUFFER_RECORDS = 1_000;
export const MAX_BUFFER_RECORDS = 1_000_000_000;
export const BUFFER_RECORDS = 100_000;

/** Days of an archive: a partition each, and PostgreSQL plans over all that a question may touch. */
export const MAX_ARCHIVE_DAYS = 3_660;

/** PostgreSQL cuts names at 63 bytes: a tenant's id has at most 40, `_writer` seven. */
export const MAX_DATABASE_NAME = 63 - "_writer".length;
export const MAX_DATABASE_PATTERN = 40;

/** A terminating replica stops being ready, waits for endpoints to notice, and finishes what it holds. */
export const DRAIN_SECONDS = 20;

/** A rolling update adds this many replicas; with long drains every old one may still be terminating beside the new ones. */
export const SURGE = 1;

/**
 * The main thread's heap as a share of the memory limit. It holds 30 to 120 MiB under full load; the
 * threads for questions and merging have heaps of their own, and bodies and blocks are outside of all.
 */
export const HEAP_PERCENT = 40;

/** Retention stays below maxmemory by a quarter, which holds headers, client buffers and the time until the next trimming. */
export const RETENTION_PERCENT = 75;

/** Below 64Mi Redis, its replication backlog and its client buffers leave no room for logs. */
export const MIN_REDIS_BYTES = 64 * 1024 * 1024;

/** Share of Redis' memory beyond which the log service drops the oldest records, in percent: the rest is for bursts and buffers. */
export const WATERMARK_PERCENT = 85;

/** Questions that take longer are logged as slow. */
export const SLOW_MILLISECONDS = 1000;

/** A Redis Cluster's nodes share a namespace's lanes: two for each of its usual three masters. */
export const CLUSTER_LANES = 6;

/** A suggestion further away than this share of the word is noise. */
export const SUGGESTION_SHARE = 0.4;

/** A tenant's overlay renders to some 60 KiB and 50 objects; a runaway base must not fill the memory of CI. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
export const MAX_MANIFESTS = 5_000;

/** The deepest field of a Deployment is 12 levels down. */
export const MAX_MANIFEST_DEPTH = 64;

/** A build takes a tenth of a second; one that hangs on a base that it fetches must not hold CI for hours. */
export const BUILD_MILLISECONDS = 60_000;

/** kubeconform starts in 50 ms and checks 15 objects a millisecond: batches this large make its start cheap. */
export const SCHEMA_BATCH = 100;

/** Entries of verify's cache that nobody asked for in this time are of branches that are long merged. */
export const CACHE_DAYS = 14;

/** Address ranges that the proof remembers: a cluster's own, and those of the records at hand; 1 MiB at most. */
export const MAX_KNOWN_RANGES = 10_000;

/** The bases are some 80 small files; ten times that is a folder that was copied by mistake. */
export const MAX_RELEASE_FILES = 1_000;

/** A line of a release's seal has some 120 characters. */
export const MAX_SEAL_BYTES = 256 * 1024;

/** A receipt of off-boarding names at most 101 namespaces and their volumes, and the logical namespaces of the export. */
export const MAX_RECEIPT_BYTES = 256 * 1024;

/** Elements of two lists laid side by side, multiplied: a millisecond each. Beyond it, lists are compared by position. */
export const MAX_ALIGNED = 250_000;

/** Of a value or a name in a preview: a line of a review. The JSON output has all of it. */
export const MAX_SHOWN_VALUE = 200;

/** GitHub takes 65,536 characters in a comment; bytes are never fewer. */
export const MAX_COMMENT_BYTES = 65_536;

/** What Git prints at once: the overlays of 10,000 tenants, 60 KiB each, take 600 MiB of it. */
export const MAX_GIT_BYTES = 1024 * 1024 * 1024;

/** Of one group in a preview's page; a browser shows a hundred such groups without a pause. */
export const MAX_PAGE_LINES = 2_000;

/** A written preview that is read again: a thousand tenants that all differ in their own ways take 10 MiB. */
export const MAX_PREVIEW_BYTES = 32 * 1024 * 1024;

/** A call of the platform's API; one that hangs is asked again by running the workflow again. */
export const API_MILLISECONDS = 30_000;

/** A hundred comments of 65,536 characters each, escaped. */
export const MAX_API_BYTES = 32 * 1024 * 1024;

/** Pages of a hundred comments that are looked through for our own, which is among the first. */
export const MAX_COMMENT_PAGES = 20;
