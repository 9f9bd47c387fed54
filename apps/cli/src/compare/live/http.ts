import { EventReader } from "@neurallog/client/shared";

import { CliError } from "../../errors.ts";
import { COMPARE_LIMITS } from "../limits.ts";
import { Answers, noAnswer, tooLong, type Message, type Wire } from "./wire.ts";

/** A server over Streamable HTTP. */
export function openHttp(url: string, bearer: string | undefined): Wire {
  let session: string | undefined;
  let version: string | undefined;

  const post = async (message: Message, signal: AbortSignal): Promise<Response> => {
    try {
      const response = await fetch(url, {
        method: "POST",
        body: JSON.stringify(message),
        // A token must not follow a redirect to another host.
        redirect: "error",
        signal,
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-method": message.method,
          ...nameHeader(message),
          ...(version === undefined ? {} : { "mcp-protocol-version": version }),
          ...(session === undefined ? {} : { "mcp-session-id": session }),
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        },
      });
      session ??= response.headers.get("mcp-session-id") ?? undefined;
      return response;
    } catch (cause) {
      if (signal.aborted) throw noAnswer();
      throw new CliError("CLI_NOT_COMPARED", `cannot reach ${url}: ${reasonOf(cause)}`, { cause });
    }
  };

  return {
    ask: async (message, signal) => {
      const response = await post(message, signal);
      const answers = new Answers(() => {});
      const answer = answers.wait(message.id, signal);
      answer.catch(() => {});
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
      try {
        await (isStream === true
          ? readEvents(response, answers, answer)
          : readBody(response, answers));
      } catch (cause) {
        if (cause instanceof CliError) throw cause;
        if (signal.aborted) throw noAnswer();
        throw new CliError("CLI_NOT_COMPARED", `the answer broke off: ${reasonOf(cause)}`, {
          cause,
        });
      }
      answers.fail(`HTTP ${response.status} without an answer to ${message.method}`);
      return answer;
    },
    tell: async (message) => {
      const response = await post(message, AbortSignal.timeout(COMPARE_LIMITS.answerMs));
      await response.body?.cancel();
    },
    speak: (spoken) => {
      version = spoken;
    },
    close: async () => {
      if (session === undefined) return;
      const signal = AbortSignal.timeout(1_000);
      // Politeness alone: a server that keeps the session forgets it by itself.
      await fetch(url, { method: "DELETE", headers: { "mcp-session-id": session }, signal }).catch(
        () => {},
      );
    },
  };
}

/** What the newest specification wants beside the method. */
function nameHeader({ params }: Message): Record<string, string> {
  const name = params?.["name"];
  return typeof name === "string" && /^[\x21-\x7e]+$/.test(name) ? { "mcp-name": name } : {};
}

async function readBody(response: Response, answers: Answers): Promise<void> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > COMPARE_LIMITS.messageBytes) throw new CliError("CLI_NOT_COMPARED", tooLong());
    parts.push(chunk);
  }
  answers.take(Buffer.concat(parts).toString());
}

/** Until the answer is there: the stream may stay open for other messages. */
async function readEvents(
  response: Response,
  answers: Answers,
  answer: Promise<unknown>,
): Promise<void> {
  let isAnswered = false;
  void answer.then(
    () => (isAnswered = true),
    () => {},
  );
  const decoder = new TextDecoder();
  const reader = new EventReader();
  for await (const chunk of response.body ?? []) {
    // Events of other names are none of MCP's messages.
    for (const { event, data } of reader.push(decoder.decode(chunk, { stream: true })))
      if (event === "message") answers.take(data);
    if (reader.heldUnits > COMPARE_LIMITS.messageBytes)
      throw new CliError("CLI_NOT_COMPARED", tooLong());
    await Promise.resolve();
    if (isAnswered) return;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
