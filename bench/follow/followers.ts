// The followers: a process of its own with one stream for each, which counts what comes and reads no more of it.
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";

interface Order {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  readonly followers: number;
}

const order: Order = JSON.parse(process.argv[2] ?? "");
// Each follower has a connection of its own, as clients on other machines have.
const agent = new Agent({ maxSockets: Infinity });
const MARK = "\nid: ";
let events = 0;
let dropped = 0;

for (let each = 0; each < order.followers; each += 1) {
  const word = order.words[each % order.words.length] ?? "";
  const reply = await follow(word);
  let end = "\n";
  reply.on("data", (chunk: Buffer) => {
    // An event may begin in one chunk and go on in the next.
    const seam = end + chunk.toString("latin1", 0, MARK.length - 1);
    events += countOf(chunk, MARK) + (seam.includes(MARK) ? 1 : 0);
    dropped += countOf(chunk, "event: dropped");
    end = chunk.toString("latin1", Math.max(0, chunk.length - MARK.length + 1));
  });
}
process.stdout.write('{"ready":true}\n');
process.stdin.on("data", () => process.stdout.write(`${JSON.stringify({ events, dropped })}\n`));

async function follow(word: string): Promise<IncomingMessage> {
  const url = `${order.url}/stream?${new URLSearchParams({ q: word })}`;
  const sent = get(url, { agent, headers: order.headers });
  const [reply]: IncomingMessage[] = await once(sent, "response");
  if (reply?.statusCode !== 200) throw new Error(`${url} answered ${reply?.statusCode}`);
  return reply;
}

function countOf(chunk: Buffer, text: string): number {
  let count = 0;
  for (let at = chunk.indexOf(text); at !== -1; at = chunk.indexOf(text, at + 1)) count += 1;
  return count;
}
