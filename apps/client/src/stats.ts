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
