import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestAuthority } from "../../log-service/http/tls/certificates.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

export type FakeServer = AsyncDisposable & {
  /** A kubeconfig for it, with the contexts `test` and `other`. */
  kubeconfig: string;
  /** Like https://127.0.0.1:1234. */
  server: string;
  /** Method and path of every request. */
  requests: { method: string; path: string; query: URLSearchParams }[];
  /** Answers what no path has an answer for. */
  otherwise: Handler;
  /** Answers by path, without the query. */
  paths: Map<string, Handler>;
  /** Cuts all connections and listens no more. */
  stop(): Promise<void>;
  /** Listens again, at the same address. */
  restart(): Promise<void>;
  /** Writes another kubeconfig beside the first. */
  write(name: string, text: string): string;
};

const authority = await TestAuthority.open();

/** An API server that says what a test wants, over HTTPS as a real one. */
export async function fakeServer(): Promise<FakeServer> {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-operate-"));
  const certificate = await authority.issue("CN=kubernetes", [{ type: "ip", value: "127.0.0.1" }]);
  const paths = new Map<string, Handler>();
  const requests: FakeServer["requests"] = [];
  const fake = { otherwise: missing };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "https://localhost");
    requests.push({
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
    });
    (paths.get(url.pathname) ?? fake.otherwise)(request, response, url);
  };
  let server = createServer(certificate, listener);
  let port = 0;
  const listen = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const address = server.address();
    if (address !== null && typeof address === "object") port = address.port;
  };
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  await listen();
  const address = `https://127.0.0.1:${port}`;
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  return {
    server: address,
    requests,
    paths,
    get otherwise() {
      return fake.otherwise;
    },
    set otherwise(handler) {
      fake.otherwise = handler;
    },
    kubeconfig: write("config", kubeconfigFor(address, authority.cert)),
    write,
    stop,
    restart: async () => {
      server = createServer(certificate, listener);
      await listen();
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A kubeconfig as kubectl writes it. JSON is YAML. */
export function kubeconfigFor(server: string, authorityPem: string, user: object = {}): string {
  const certificate = Buffer.from(authorityPem).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "one", cluster: { server, "certificate-authority-data": certificate } }],
    users: [{ name: "somebody", user: { token: "secret-token", ...user } }],
    contexts: [
      { name: "test", context: { cluster: "one", user: "somebody" } },
      { name: "other", context: { cluster: "one", user: "somebody" } },
    ],
  });
}

export function json(status: number, body: unknown): Handler {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
}

/** What the API server says to a refusal. */
export const refusal = (code: number, message: string, details: object = {}): Handler =>
  json(code, { kind: "Status", apiVersion: "v1", status: "Failure", code, message, details });

/** One page with all objects. */
export const list = (items: readonly unknown[]): Handler =>
  json(200, { kind: "List", metadata: { resourceVersion: "7" }, items });

/** A path that is not served, as a kind whose CRD is missing. */
function missing(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      kind: "Status",
      message: "the server could not find the requested resource",
      code: 404,
    }),
  );
}
