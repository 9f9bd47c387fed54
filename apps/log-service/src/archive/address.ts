/** One role of the archive's database. Plain, so that it can be handed to a thread. */
export interface ArchiveAddress {
  /** `postgres://host:port/database`, without credentials. */
  readonly url: string;
  readonly user: string;
  readonly password?: string | undefined;
  /** Certificates in PEM that the server's has to come from: then TLS is used, and checked. */
  readonly ca?: string | undefined;
}
