/** How the service and its store do, field by field as over HTTP; null where the store cannot be asked. */
export interface ServiceStats {
  readonly tenant: string;
  readonly version: string;
  /** The service's clock, RFC 3339. */
  readonly time: string;
  readonly uptime_seconds: number;
  /** Whether `namespaces` are all there are: the key has the role admin and is limited to none. */
  readonly everything: boolean;
  readonly namespaces: readonly NamespaceStats[] | null;
  readonly store: StoreStats;
  /** Null for a tenant without an archive; left out by services from before there was one. */
  readonly archive?: ArchiveStats | null;
  readonly followers: {
    readonly followers: number;
    readonly filters: number;
    readonly events: number;
    /** Events that slow followers missed. */
    readonly dropped: number;
  };
  readonly process: {
    readonly event_loop_delay_ms: {
      readonly p50: number;
      readonly p99: number;
      readonly max: number;
    };
    readonly memory: {
      readonly rss: number;
      readonly heap_used: number;
      readonly external: number;
    };
  };
}

export interface NamespaceStats {
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  readonly bytes_per_record: number | null;
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly blocks: { readonly small: number; readonly large: number };
}

export interface StoreStats {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly code: string | null;
  readonly durability: "always" | "everysec" | "none" | "unknown" | null;
  readonly records: number | null;
  readonly bytes: number | null;
  /** What is left to merge, in small blocks. */
  readonly merge: { readonly records: number | null; readonly blocks: number | null };
  readonly tombstones: number | null;
  readonly dropped: readonly {
    readonly namespace: string;
    readonly reason: "age" | "bytes" | "memory" | "cleared";
    readonly records: number;
  }[];
  readonly queue: { readonly records: number };
  readonly commits: { readonly retried: number; readonly failed: number };
  readonly servers: readonly {
    readonly version: string;
    readonly role: string;
    readonly replicas: number;
    readonly memory: { readonly used: number; readonly max: number; readonly policy: string };
  }[];
}

export interface ArchiveStats {
  /** `standby`: another process moves records now; `elsewhere`: the process that answers never does. */
  readonly state: "starting" | "moving" | "standby" | "away" | "elsewhere";
  /** What it takes on disk, all of it; null while it is away, left out by services from before it was told. */
  readonly bytes?: number | null;
  /** Counts of the process that answers, since it started; null where it never moves records. */
  readonly moving: {
    readonly records: number;
    readonly batches: number;
    readonly quarantined: number;
    readonly skipped: {
      readonly overflow: number;
      readonly retention: number;
      readonly damaged: number;
    };
    readonly cleared: number;
    readonly expired: number;
    /** What goes wrong while records are archived all the same; an older service does not say. */
    readonly troubles?: readonly { readonly kind: string; readonly reason: string | null }[];
    /** When records were last archived, RFC 3339. */
    readonly last: string | null;
    /** What waits for the archive; null while that is not known. */
    readonly backlog: {
      readonly records: number;
      readonly bytes: number;
      /** When the first of them was received, RFC 3339. */
      readonly oldest: string | null;
    } | null;
  } | null;
}
