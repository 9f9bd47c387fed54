import { channel } from "node:diagnostics_channel";
import { request } from "node:http";

import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startTestService, type TestService } from "./support.ts";

/**
 * Walks every route that the main listener has, whoever added it: each is on the short list of those
 * for everybody, or asks for a key, a role and, where it is about logs, a namespace within reach.
 */

/** Who may call a route; a route that no line names fails the test. */
const RULES: readonly (readonly [pattern: RegExp, access: Access])[] = [
  [/^GET \/(health\/live|health\/ready|openapi\.json|ready)$/, "public"],
  // What Loki's version that we speak is: the same for every tenant.
  [/^GET \/loki\/api\/v1\/status\/buildinfo$/, "public"],
  [/^(POST|PUT) (\/api\/logs|\/v1\/logs|(\/:index)?\/_bulk)$/, "write"],
  [/^POST (\/api\/ingest\/.*|\/gelf|\/loki\/api\/v1\/push|\/api\/prom\/push)$/, "write"],
  // What Elasticsearch's agents ask before they write.
  [/^(GET|HEAD|PUT|POST) \/(_[a-z_]+(\/.*)?)?$/, "greet"],
  // What else they ask of an Elasticsearch, only to be told that it is not here.
  [/^[A-Z]+ (\/:index)?\/_\*$/, "greet"],
  [/^GET \/api\/(namespaces|stats)$/, "list"],
  [/^POST \/api\/logs\/archive$/, "write"],
  [/^GET \/api\/logs(\/[a-z]+)?$/, "read"],
  [/^(GET|POST) \/(loki\/api|api\/prom)\//, "read"],
  [/^[A-Z]+ \/api\/admin\//, "administer"],
  [/^GET \/metrics$/, "administer"],
  [/^GET \/api\/levels$/, "anybody with a key"],
  [/^(GET|POST|DELETE) \/mcp$/, "anybody with a key"],
];

/** Greetings and lists are about no namespace that a request could name. */
type Access = "public" | "greet" | "write" | "list" | "read" | "administer" | "anybody with a key";

const ROLES: Readonly<Record<Access, readonly string[]>> = {
  public: ["writer", "reader", "admin"],
  greet: ["writer", "admin"],
  write: ["writer", "admin"],
  list: ["reader", "admin"],
  read: ["reader", "admin"],
  administer: ["admin"],
  "anybody with a key": ["writer", "reader", "admin"],
};

interface Route {
  readonly method: string;
  readonly url: string;
  readonly access: Access | undefined;
}

let service: TestService;
const routes: Route[] = [];

beforeAll(async () => {
  const apps: FastifyInstance[] = [];
  const watch = (message: unknown): void => {
    if (!isInitialization(message)) return;
    const place = apps.push(message.fastify) - 1;
    message.fastify.addHook("onRoute", ({ method, url }) => {
      // The first listener is the main one; the other is closed by policy.
      if (place > 0) return;
      for (const one of [method].flat()) {
        const access = RULES.find(([pattern]) => pattern.test(`${one} ${url}`))?.[1];
        routes.push({ method: one, url, access });
      }
    });
  };
  const initialization = channel("fastify.initialization");
  initialization.subscribe(watch);
  service = await startTestService({
    keys: [
      ...["writer", "reader", "admin"].map((role) => ({ name: role, role })),
      ...["writer", "reader", "admin"].map((role) => ({
        name: `some-${role}`,
        role,
        namespaces: ["payments"],
      })),
    ],
  });
  initialization.unsubscribe(watch);
});
afterAll(() => service.stop());

function isInitialization(message: unknown): message is { readonly fastify: FastifyInstance } {
  return typeof message === "object" && message !== null && "fastify" in message;
}

/** A path that the route's pattern matches. */
const pathOf = ({ url }: Route): string => url.replace(/:[a-z]+/g, "x").replace(/\*$/, "x");

/** Questions of Loki's readers are forms when they are posted. */
const typeOf = ({ access }: Route): string =>
  access === "read" ? "application/x-www-form-urlencoded" : "application/json";

const bodyOf = ({ access }: Route): string => (access === "read" ? "limit=1" : "{}");

/** The status and text, without waiting for the end of answers that have none. */
async function call(
  route: Route,
  headers: Readonly<Record<string, string>>,
  query = "",
): Promise<{ readonly status: number; readonly text: string }> {
  if (route.url.endsWith("/tail")) return upgrade(`${pathOf(route)}${query}`, headers);
  const body = ["POST", "PUT"].includes(route.method) ? bodyOf(route) : null;
  const response = await fetch(`${service.url}${pathOf(route)}${query}`, {
    method: route.method,
    headers: { ...headers, ...(body === null ? {} : { "content-type": typeOf(route) }) },
    body,
  });
  const streams = response.headers.get("content-type")?.includes("event-stream") === true;
  if (streams) await response.body?.cancel();
  return { status: response.status, text: streams ? "" : await response.text() };
}

/** Asks for a WebSocket, as Loki's readers do to tail: what is no upgrade is told so, whoever asks. */
function upgrade(
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${service.url}${path}`, {
      agent: false,
      headers: {
        ...headers,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      },
    });
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, text: "" });
    });
    asked.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

const bearer = (key: string) => ({ authorization: `Bearer ${service.key(key)}` });
const shown = ({ method, url }: Route): string => `${method} ${url}`;

describe("every route", () => {
  test("is known to this test", () => {
    expect(routes.length).toBeGreaterThan(30);
    expect(routes.filter(({ access }) => access === undefined).map(shown)).toEqual([]);
  });

  test("refuses whoever has no key, but for those of everybody", async () => {
    for (const route of routes) {
      const { status } = await call(route, {});
      if (route.access === "public") expect([shown(route), status]).toEqual([shown(route), 200]);
      else expect([shown(route), status]).toEqual([shown(route), 401]);
    }
  });

  test.each(["writer", "reader", "admin"])(
    "lets a %s do what its role allows, and no more",
    async (role) => {
      for (const route of routes) {
        const { status, text } = await call(route, bearer(role));
        const allowed = ROLES[route.access ?? "public"].includes(role);
        const refused =
          status === 401 || (status === 403 && /it may not (write|read|administer)/.test(text));
        if (route.method === "HEAD")
          expect([shown(route), status === 403]).toEqual([shown(route), !allowed]);
        else expect([shown(route), refused, status]).toEqual([shown(route), !allowed, status]);
      }
    },
  );

  test.each(["writer", "reader", "admin"])(
    "attack: a %s of one namespace reaches no other, however a protocol names it",
    async (role) => {
      const headers = {
        ...bearer(`some-${role}`),
        "x-neurallog-namespace": "other",
        "x-scope-orgid": "other",
      };
      for (const route of routes) {
        if (!["read", "write"].includes(route.access ?? "")) continue;
        if (!ROLES[route.access ?? "public"].includes(role)) continue;
        const { status, text } = await call(route, headers, "?namespace=other");
        expect([shown(route), status, text.slice(0, 200)]).toEqual([
          shown(route),
          403,
          expect.stringContaining("does not reach the namespace other"),
        ]);
      }
    },
  );
});
