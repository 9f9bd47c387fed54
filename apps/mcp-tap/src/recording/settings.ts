/** What is recorded, and where. */
export interface RecordConfig {
  readonly url: string;
  readonly key: string | undefined;
  readonly source: string;
  readonly namespace: string | undefined;
  readonly keepUnits: number;
  /** Further names of fields that hold secrets. */
  readonly secretFields: readonly string[];
}

/** What the recording thread is started with: plain data. */
export interface RecordingSettings extends RecordConfig {
  /** Shared figures; see `counters.ts`. */
  readonly counters: SharedArrayBuffer;
}
