import { expect, test } from "vitest";

import type { Channel } from "../../../apps/mcp-tap/src/observe/events.ts";
import { Recording } from "../../../apps/mcp-tap/src/recording/recording.ts";

const channel: Channel = {
  connection: "a",
  transport: "stdio",
  direction: "to-server",
  framing: "lines",
};

function recordingBy(thread: string, say: (text: string) => void = () => {}) {
  return new Recording({
    url: "http://127.0.0.1:1",
    key: undefined,
    source: "test",
    namespace: undefined,
    keepUnits: 1_000,
    secretFields: [],
    say,
    thread: new URL(thread, import.meta.url),
  });
}

test("a recording thread that dies is started again, and takes up the streams that are open", async () => {
  const said: string[] = [];
  const recording = recordingBy("./crashing-thread.ts", (text) => said.push(text));
  const stream = recording.open(channel);
  recording.data(stream, Buffer.from("x"));
  // The stream, told anew with the gap in it.
  await expect.poll(() => recording.state().recorded).toBe(2);
  recording.data(stream, Buffer.from("y"));
  await expect.poll(() => recording.state().recorded).toBe(3);
  expect(said).toEqual(["recording ended and starts again: recording died: out of order"]);
  await recording.end();
});

test("attack: a recording thread that hangs is handed no more than its bound", async () => {
  const recording = recordingBy("./hanging-thread.ts");
  const stream = recording.open(channel);
  const chunk = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < 100; at += 1) recording.data(stream, chunk);
  expect(recording.state().unread_pieces).toBe(37);
  // Connections are told of as long as there is room for their telling.
  for (let at = 0; at < 10_000; at += 1) recording.close(recording.open(channel));
  expect(recording.state().unread_pieces).toBeGreaterThan(5_000);
  await recording.end();
});
