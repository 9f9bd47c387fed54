const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * The names that we go by: no other is answered, nor a page of another origin. A page of a stranger's site can
 * name our address as its own host (DNS rebinding) and then read what comes back.
 */
export function ownHosts(publicHosts: readonly string[]): string[] {
  return [...LOOPBACK, ...publicHosts];
}
