import { SETUP } from "./elasticsearch/about.ts";
import { errorsAs, json, step, type Json } from "./openapi-parts.ts";

/** What Elasticsearch's agents ask before their first bulk request, and are told to be content with. */

const TAGS = ["Elasticsearch"];
const ANY = json({ type: "object" });
const failures = errorsAs("ElasticsearchError", "401", "403");

export function elasticsearchPaths(): Json {
  const setup = SETUP.flatMap((prefix) => [
    [prefix, { ...asked(prefix, "Whether it is set up: yes"), ...acknowledged(prefix) }],
    [
      `${prefix}/{path}`,
      {
        ...asked(`${prefix}_`, "Whether it is set up: yes", "path"),
        ...acknowledged(`${prefix}_`, "path"),
      },
    ],
  ]);
  return {
    "/": asked("root", "The product and version that is spoken"),
    "/_license": asked("_license", "The licence"),
    "/_xpack/license": asked("_xpack_license", "The licence, as it was asked for before"),
    "/_xpack": asked("_xpack", "Features: none"),
    "/_cluster/health": asked("_cluster_health", "Green"),
    "/_cluster/health/{path}": asked("_cluster_health_", "Green", "path"),
    ...Object.fromEntries(setup),
  };
}

function asked(name: string, summary: string, path?: string): Json {
  return {
    get: { operationId: idOf(name, "get"), ...said(summary, path) },
    head: { operationId: idOf(name, "head"), ...said(summary, path) },
  };
}

function acknowledged(name: string, path?: string): Json {
  const operation = {
    ...said("Nothing to set up: acknowledged", path),
    requestBody: { content: { "*/*": { schema: {} } } },
  };
  return {
    put: { operationId: idOf(name, "put"), ...operation },
    post: { operationId: idOf(name, "post"), ...operation },
  };
}

function said(summary: string, path: string | undefined): Json {
  return {
    tags: TAGS,
    summary,
    ...(path === undefined ? {} : { parameters: [step(path)] }),
    responses: { "200": { description: "Always", content: ANY }, ...failures },
  };
}

function idOf(name: string, method: string): string {
  return `elasticsearch${name.replaceAll(/\W+/g, "_").replace(/^_?/, "_")}_${method}`;
}
