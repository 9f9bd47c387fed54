import { setTimeout as sleep } from "node:timers/promises";
import { failure, OperateError } from "../errors.ts";
import { LIST_RESTARTS, MAX_PAGES, MAX_RETRY_MILLISECONDS, PAGE_SIZE, TRIES } from "../limits.ts";
import { findAccess, type AccessOptions } from "./access.ts";
import { answerFailure, type Asked } from "./failures.ts";
import { nameOf, pathOf, type Kind } from "./kinds.ts";
import { describe, parse, parsed, queryOf, type Selection } from "./requests.ts";
import { openTransport, type Answer, type Transport, type TransportOptions } from "./transport.ts";
import { listAt, textAt } from "../../tools/values.ts";
import { watchEvents, type WatchEvent } from "./watch-stream.ts";

/** A cluster to look at. Nothing here can change it: there is no other verb than get, list and watch. */
export type Reader = {
  readonly server: string;
  readonly context: string;
  readonly user: string;
  /** One object, or undefined if there is none of that name. */
  get(kind: Kind, namespace: string | undefined, name: string): Promise<unknown>;
  /**
   * All objects of a selection, page by page: `keep` makes of each what is worth keeping, so that a
   * cluster of 10,000 pods is never in memory as a whole.
   * @returns what was kept, and the version from which a watch goes on
   */
  list<T>(
    kind: Kind,
    selection: Selection,
    keep: (object: unknown) => T,
  ): Promise<{ items: T[]; version: string }>;
  /** Changes from a version on, until the server ends the watch, which it does every few minutes. */
  watch(kind: Kind, selection: Selection & { version: string }): AsyncGenerator<WatchEvent>;
  /** What a GET of this path answers, as JSON. */
  read(path: string, what: string): Promise<unknown>;
  /** The same as text: what a pod says through the API server's proxy. */
  readText(path: string, what: string, milliseconds?: number): Promise<string>;
  close(): void;
};

export async function connectReader(
  options: AccessOptions & TransportOptions = {},
): Promise<Reader> {
  return readerOver(openTransport(await findAccess(options), options));
}

export function readerOver(transport: Transport<"GET">): Reader {
  const { server, context, user } = transport.access;

  async function text(path: string, asked: Asked, signal?: AbortSignal): Promise<string> {
    const call = {
      method: "GET",
      path,
      asked,
      ...(signal === undefined ? {} : { signal }),
    } as const;
    const answer = await retried(() => transport.send(call));
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    throw answerFailure(answer.status, parsed(answer.text), asked, user);
  }

  async function json(path: string, asked: Asked, signal?: AbortSignal): Promise<unknown> {
    return parse(await text(path, asked, signal), asked.what);
  }

  async function* pages(kind: Kind, selection: Selection): AsyncGenerator<unknown> {
    const asked = { verb: "list", what: describe(kind, selection) };
    let token = "";
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query = queryOf(selection, {
        limit: String(PAGE_SIZE),
        ...(token && { continue: token }),
      });
      const body = await json(
        `${pathOf(kind, selection.namespace)}?${query}`,
        asked,
        selection.signal,
      );
      if (!Array.isArray(Object(body).items)) {
        const reason = "it is no list";
        throw failure("answer-unreadable", { what: asked.what, reason });
      }
      yield body;
      token = textAt(body, "metadata", "continue") ?? "";
      if (token === "") return;
    }
    throw failure("list-expired", { what: asked.what });
  }

  return {
    server,
    context,
    user,
    get: async (kind, namespace, name) => {
      const what = `${nameOf(kind)} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
      try {
        return await json(pathOf(kind, namespace, name), { verb: "get", what });
      } catch (error) {
        if (error instanceof OperateError && error.code === "not-found") return undefined;
        throw error;
      }
    },
    list: async (kind, selection, keep) => {
      for (let restart = 0; ; restart += 1) {
        const items: ReturnType<typeof keep>[] = [];
        let version = "";
        try {
          for await (const body of pages(kind, selection)) {
            for (const item of listAt(body, "items")) items.push(keep(item));
            version = textAt(body, "metadata", "resourceVersion") ?? version;
          }
          return { items, version };
        } catch (error) {
          const expired = error instanceof OperateError && error.code === "list-expired";
          if (!expired || restart >= LIST_RESTARTS) throw error;
        }
      }
    },
    watch: (kind, selection) => watchEvents(transport, kind, selection, describe(kind, selection)),
    read: (path, what) => json(path, { verb: "get", what }),
    readText: async (path, what, milliseconds) => {
      const asked = { verb: "get", what };
      if (milliseconds === undefined) return text(path, asked);
      const timer = AbortSignal.timeout(milliseconds);
      try {
        return await text(path, asked, timer);
      } catch (error) {
        if (!timer.aborted) throw error;
        throw failure("server-slow", { server, what, seconds: milliseconds / 1000 }, error);
      }
    },
    close: () => transport.close(),
  };
}

/** Reads may be repeated: after an answer that says so, and after a connection that broke. */
async function retried(send: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await send();
      if (![429, 503, 504].includes(answer.status) || attempt >= TRIES) return answer;
      await sleep(waitOf(answer.headers["retry-after"], attempt));
    } catch (error) {
      const cut = error instanceof OperateError && /connection was cut/.test(error.message);
      if (!cut || attempt >= TRIES) throw error;
      await sleep(waitOf(undefined, attempt));
    }
  }
}

function waitOf(after: string | undefined, attempt: number): number {
  const asked = Number(after ?? Number.NaN) * 1000;
  const wait = Number.isFinite(asked) && asked >= 0 ? asked : 100 * 2 ** attempt;
  return Math.min(wait, MAX_RETRY_MILLISECONDS);
}
