import { once } from "node:events";

import { WebSocket } from "ws";

import { CliError } from "../../errors.ts";
import { COMPARE_LIMITS } from "../limits.ts";
import { Answers, type Wire } from "./wire.ts";

/** A server over WebSocket, with the subprotocol `mcp`. */
export async function openWebSocket(url: string, bearer: string | undefined): Promise<Wire> {
  const socket = new WebSocket(url, ["mcp"], {
    maxPayload: COMPARE_LIMITS.messageBytes,
    handshakeTimeout: COMPARE_LIMITS.answerMs,
    followRedirects: false,
    ...(bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } }),
  });
  const answers = new Answers((text) => socket.send(text));
  socket.on("message", (data) => answers.take(String(data)));
  socket.on("close", (code) => answers.fail(`the server closed the WebSocket (${code})`));
  try {
    await once(socket, "open");
  } catch (cause) {
    throw new CliError("CLI_NOT_COMPARED", `cannot open ${url}: ${String(cause)}`, { cause });
  }
  socket.on("error", (error) => answers.fail(error.message));
  return {
    ask: (message, signal) => {
      const answer = answers.wait(message.id, signal);
      socket.send(JSON.stringify(message));
      return answer;
    },
    tell: async (message) => socket.send(JSON.stringify(message)),
    speak: () => {},
    close: async () => socket.terminate(),
  };
}
