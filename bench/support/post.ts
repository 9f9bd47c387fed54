import { request, type Agent } from "node:http";

export interface Reply {
  readonly status: number;
  /** The beginning of the answer: enough to tell an error by. */
  readonly text: string;
}

/** Posts one body and waits for the whole answer. */
export function post(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { agent, method: "POST", headers: { ...headers, "content-length": body.length } },
      (reply) => {
        let text = "";
        reply.on("data", (chunk: Buffer) => {
          if (text.length < 256) text += chunk.toString("latin1", 0, 256);
        });
        reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text }));
        reply.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}
