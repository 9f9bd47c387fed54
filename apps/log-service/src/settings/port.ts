/** All settings at one moment. */
export interface Settings {
  /** Another number after every change, by whichever replica; never the same for two states. */
  readonly version: number;
  readonly entries: ReadonlyMap<string, string>;
}

/**
 * The little that administrators change while the service runs: levels, revoked keys. It survives
 * restarts as records do, and every replica follows it within `SETTINGS_LIMITS.followMs`. Failures
 * are `ServiceError` with NL_STORE_UNAVAILABLE or NL_SETTINGS_FULL.
 */
export interface SettingsStore {
  /** As last read; undefined until the store answered once. */
  readonly current: Settings | undefined;

  /** The settings, read first if they never were. */
  read(): Promise<Settings>;

  /** Changes one entry, or takes it out with `undefined`; resolved means kept. */
  put(key: string, value: string | undefined): Promise<Settings>;

  /** Resolves at the next change, or when the time is over or the signal fires. */
  changed(ms: number, signal: AbortSignal): Promise<void>;

  /** Lets go of connections and of everybody who waits. */
  close(): void;
}
