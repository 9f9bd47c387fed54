import { z } from "zod";
import { ToolError } from "../../../tools/say.ts";
import { API_MILLISECONDS, MAX_API_BYTES } from "../../limits.ts";

/** The few calls of GitHub's REST API that a comment needs. */
export interface Api {
  /** `path` is below the API's own address. Throws a ToolError for an answer that is none. */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  send(method: "POST" | "PATCH", path: string, body: unknown): Promise<void>;
}

export function connectApi(address: string, token: string): Api {
  async function call(method: string, path: string, body?: unknown): Promise<string> {
    const answer = await fetch(`${address}${path}`, {
      method,
      // An answer that leads elsewhere would take the token along.
      redirect: "error",
      signal: AbortSignal.timeout(API_MILLISECONDS),
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "x-github-api-version": "2022-11-28",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new ToolError(`${method} ${path}: ${error instanceof Error ? error.message : error}`);
    });
    const text = await bounded(answer);
    if (!answer.ok) throw new ToolError(`${method} ${path}: ${answer.status}`);
    return text;
  }
  return {
    async get(path, schema) {
      const parsed = schema.safeParse(JSON.parse(await call("GET", path)));
      if (!parsed.success) throw new ToolError(`GET ${path}: the answer has another shape`);
      return parsed.data;
    },
    async send(method, path, body) {
      await call(method, path, body);
    },
  };
}

async function bounded(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.byteLength;
    if (size > MAX_API_BYTES) throw new ToolError("an answer is too large");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
