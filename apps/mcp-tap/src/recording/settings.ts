/** What the recording thread is started with: plain data. */
export interface RecordingSettings {
  readonly url: string;
  readonly key: string | undefined;
  readonly source: string;
  readonly namespace: string | undefined;
  readonly keepUnits: number;
  /** Further names of fields that hold secrets. */
  readonly secretFields: readonly string[];
  /** Shared figures; see `counters.ts`. */
  readonly counters: SharedArrayBuffer;
}
