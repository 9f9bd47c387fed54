import { nameOf, pathOf, KINDS, type Kind } from "../../../operate/kubernetes/kinds.ts";
import { type FakeServer, json, list, refusal } from "./api-server.ts";
import { readRecorded, type Recorded } from "./recorded.ts";

/** Where each part of a status is listed. */
export const PATHS = {
  applications: pathOf(KINDS.applications, "argocd"),
  applicationSets: pathOf(KINDS.applicationSets, "argocd"),
  namespaces: pathOf(KINDS.namespaces),
  quotas: pathOf(KINDS.resourceQuotas),
  deployments: pathOf(KINDS.deployments),
  statefulSets: pathOf(KINDS.statefulSets),
  pods: pathOf(KINDS.pods),
  autoscalers: pathOf(KINDS.autoscalers),
  routes: pathOf(KINDS.routes),
  externalSecrets: pathOf(KINDS.externalSecrets),
  claims: pathOf(KINDS.volumeClaims),
  volumes: pathOf(KINDS.volumes),
  receipts: pathOf(KINDS.configMaps, "neurallog-system"),
  events: pathOf(KINDS.events, "argocd"),
} as const;

/** Serves objects as lists; a watch on them says nothing and stays open. */
export function serve(fake: FakeServer, objects: Partial<Recorded> = readRecorded()): void {
  for (const path of Object.values(PATHS)) fake.paths.set(path, listed([]));
  for (const [kind, items] of Object.entries(objects)) {
    const path = Object.entries(PATHS).find(([name]) => name === kind)?.[1];
    if (path !== undefined) fake.paths.set(path, listed(items));
  }
  fake.paths.set(pathOf(KINDS.pods, "neurallog-monitoring"), list([]));
  fake.paths.set("/version", json(200, { gitVersion: "v1.36.3" }));
}

const listed =
  (items: readonly unknown[]): ReturnType<typeof list> =>
  (request, response, url) => {
    if (url.searchParams.has("watch")) {
      response.writeHead(200);
      response.flushHeaders();
    } else list(items)(request, response, url);
  };

/** A right that is missing, in the API server's words. */
export const forbidden = (kind: Kind): ReturnType<typeof refusal> =>
  refusal(403, `${nameOf(kind)} is forbidden: User "x" cannot list resource`);

/** The handler of a watch that sends lines, one after another, and then ends or stays. */
export const watching =
  (
    items: readonly unknown[],
    stream: (send: (text: string) => void, end: () => void) => void,
  ): ReturnType<typeof list> =>
  (request, response, url) => {
    if (!url.searchParams.has("watch")) return list(items)(request, response, url);
    response.writeHead(200);
    response.flushHeaders();
    stream(
      (text) => response.write(text),
      () => response.end(),
    );
  };

export const event = (type: string, object: unknown): string =>
  `${JSON.stringify({ type, object })}\n`;
