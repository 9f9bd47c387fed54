import { connect } from "node:net";

export type RedisState = "serves" | "loads" | "closed";

/** A server that accepts connections and says nothing hangs; loopback answers within this. */
const patienceMs = 2_000;

/**
 * Asks the server on a loopback port how it is. "serves" also when it wants a password first:
 * it answers commands then, as PING alone would not tell from "loads" (LOADING its data).
 */
export function pingRedis(port: number): Promise<RedisState> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on("data", (data) => {
      const answer = data.toString("latin1");
      if (/^(\+PONG|-NOAUTH|-NOPERM)/.test(answer)) resolve("serves");
      else resolve(answer.startsWith("-LOADING") ? "loads" : "closed");
      socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve("closed"));
  });
}
