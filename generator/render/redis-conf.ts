// The Redis that a tenant runs on: the same text in the overlay's ConfigMap and under `npm start`.

/** What the record decides. */
export interface RedisSettings {
  /** Bytes of `maxmemory`: under half of the container's limit, see `redisMemoryShare` in the generator's limits. */
  readonly maxmemory: number;
  /** `always`: an acknowledged write was fsynced. `everysec`: up to two seconds may be lost at a kill. */
  readonly durability: "always" | "everysec";
}

/** What the place decides: a pod, or a folder on somebody's machine. */
export interface RedisPlace {
  /** Addresses to listen on, separated by blanks, as Redis' own `bind` takes them. */
  readonly bind: string;
  readonly port: number;
  /** Folder of the append-only file; it has to exist. */
  readonly dir: string;
  /** The file with the users, see {@link usersAcl}. */
  readonly aclFile: string;
}

/** The pod of the overlay: paths are those of `bases/<release>/redis/statefulset.yaml`. */
export const podPlace: RedisPlace = {
  // All of IPv4, and of IPv6 where the node has it ('-': no error where it hasn't).
  bind: "* -::*",
  port: 6379,
  dir: "/data",
  aclFile: "/etc/redis-acl/users.acl",
};

/** The users of the ACL file that have a password. `probe` has none, and `default` is off. */
export const redisUsers = ["app", "exporter", "backup", "admin"] as const;
export type RedisUser = (typeof redisUsers)[number];

/** Text of `redis.conf`; ends with a newline. Understood by Redis 7.0 and newer and by Valkey. */
export function redisConf(settings: RedisSettings, place: RedisPlace): string {
  return `${[
    `bind ${place.bind}`,
    `port ${place.port}`,
    "protected-mode yes",
    `aclfile ${confString(place.aclFile)}`,
    "daemonize no",
    // To standard output, which kubectl and the terminal show.
    'logfile ""',
    `dir ${confString(place.dir)}`,
    `maxmemory ${settings.maxmemory}`,
    // An evicting policy drops whole streams and indexes in silence; the log service trims, by age and bytes.
    "maxmemory-policy noeviction",
    "appendonly yes",
    `appendfsync ${settings.durability}`,
    // The append-only file is the only one: a snapshot beside it would cost a second copy of the memory.
    'save ""',
    // Blocks are compressed already: compressing them again makes a rewrite four times slower.
    "rdbcompression no",
    "auto-aof-rewrite-percentage 100",
    "auto-aof-rewrite-min-size 64mb",
    // Half-open connections of killed pods go within a minute or two.
    "tcp-keepalive 60",
    // What the exporter's latency metrics are made of: events of 100 ms and more.
    "latency-monitor-threshold 100",
  ].join("\n")}\n`;
}

/**
 * Text of the ACL file: one user a line, passwords as SHA-256 in lower-case hex, so that the file gives nobody access.
 * `default` keeps no password (`resetpass`), or protected mode would refuse every connection from another machine.
 * It is off, so nobody can be it, but it must be allowed everything: Redis 7.0 replays its append-only file as this
 * user, and would leave out every transaction that `default` may not run, which loses acknowledged records.
 */
export function usersAcl(hashes: Readonly<Record<RedisUser, string>>): string {
  const user = (name: RedisUser, rules: string) =>
    `user ${name} on #${checkedHash(name, hashes[name])} ${rules}`;
  return `${[
    "user default off resetpass ~* &* +@all",
    // Nothing dangerous (KEYS, FLUSHALL, CONFIG SET, DEBUG, ...), no key but the log service's own. INFO and CONFIG GET
    // come back because it watches its memory and asserts `noeviction` at start, and two of CLUSTER's to find its nodes.
    user(
      "app",
      "~nl:* ~{nl:* resetchannels &nl:* -@all +@read +@write +@connection +@transaction +@scripting +@pubsub +time +wait -@dangerous +info +config|get +cluster|slots +cluster|info",
    ),
    user(
      "exporter",
      "resetkeys resetchannels -@all +ping +info +config|get +slowlog|get +slowlog|len +latency|latest +latency|histogram +client|list +client|setname",
    ),
    // Enough for `redis-cli --rdb`, which asks for a full copy as a replica would.
    user("backup", "resetkeys resetchannels -@all +psync +sync +replconf +ping"),
    // For the pod's exec probes: a password there would stand in the process list, and PING harms nobody.
    "user probe on nopass resetkeys resetchannels -@all +ping",
    user("admin", "~* &* +@all"),
  ].join("\n")}\n`;
}

/** A password hash that is none would be read as a rule, so a slip could open the user to everybody. */
function checkedHash(user: RedisUser, hash: string): string {
  if (!/^[0-9a-f]{64}$/.test(hash))
    throw new TypeError(`the hash of Redis user '${user}' is not a SHA-256 in hex`);
  return hash;
}

/** Paths may hold blanks, quotes or backslashes on somebody's machine; Redis reads C-like escapes in double quotes. */
function confString(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/[\n\r\t]/g, (c) => ({ "\n": "\\n", "\r": "\\r" })[c] ?? "\\t")}"`;
}
