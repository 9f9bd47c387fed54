// Tries to connect where it is told, and says what came of each.
import { writeFileSync } from "node:fs";
import { connect } from "node:net";

/** What a filter drops is never answered. */
const patienceMs = 3_000;

function outcome(address: string): Promise<string> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host: host ?? "", port: Number(port), timeout: patienceMs });
    const end = (what: string) => {
      socket.destroy();
      resolve(what);
    };
    socket.on("connect", () => end("connected"));
    socket.on("timeout", () => end("no answer"));
    socket.on("error", (error) => end("code" in error ? String(error.code) : error.message));
  });
}

const addresses = (process.env["ADDRESSES"] ?? "").split(",");
const outcomes = await Promise.all(
  addresses.map(async (address) => [address, await outcome(address)] as const),
);
writeFileSync("/dev/termination-log", JSON.stringify(Object.fromEntries(outcomes)));
