import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { Authenticator } from "../../access/authenticator.ts";
import { ServiceError } from "../../errors.ts";
import { HTTP_LIMITS, LOKI_LIMITS } from "../../limits.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { NamespaceConfig } from "../../operations/namespace.ts";
import type { Searcher } from "../../operations/search.ts";
import { principalOf, requireKey } from "../principal.ts";
import { untilGone } from "../until-gone.ts";
import { orgsOf } from "./org.ts";
import { answerErrorsAsText } from "./respond.ts";

export interface LokiQueryDeps {
  readonly authenticator: Authenticator;
  readonly searcher: Searcher;
  readonly namespaces: NamespaceConfig;
  readonly metrics: Metrics;
}

const PREFIX = "/loki/api/v1/";
const FORM = "application/x-www-form-urlencoded";
const FLAGS = "x-loki-response-encoding-flags";

/** Paths below the prefix, and the calls that they are. */
const CALLS: readonly (readonly [path: string, call: string])[] = [
  ["query_range", "query_range"],
  ["query", "query"],
  ["labels", "labels"],
  ["label", "labels"],
  ["label/:argument/values", "label"],
  ["series", "series"],
  ["format_query", "format_query"],
  ["index/stats", "index/stats"],
  ["index/volume", "index/volume"],
  ["index/volume_range", "index/volume_range"],
  ["detected_fields", "detected_fields"],
  ["detected_field/:argument/values", "detected_field"],
  ["detected_labels", "detected_labels"],
  ["patterns", "patterns"],
  ["drilldown-limits", "drilldown-limits"],
];

/** What Grafana's data source and `logcli` read by. */
export function addLokiQueries(parent: FastifyInstance, deps: LokiQueryDeps): void {
  const onRequest = requireKey(deps.authenticator, (principal) => deps.searcher.admit(principal));
  void parent.register(async (scope) => {
    answerErrorsAsText(scope, deps.metrics);
    scope.addContentTypeParser(
      FORM,
      { parseAs: "string", bodyLimit: LOKI_LIMITS.formBytes },
      (_request, body, done) => done(null, body),
    );
    for (const [path, call] of CALLS) {
      scope.route<{ Params: { argument?: string } }>({
        method: ["GET", "POST"],
        url: PREFIX + path,
        onRequest,
        handler: (request, reply) =>
          answer(request, reply, call, request.params.argument ?? "", deps),
      });
    }
  });
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  call: string,
  argument: string,
  { searcher, namespaces }: LokiQueryDeps,
): Promise<FastifyReply> {
  const asked = {
    protocol: "loki",
    call,
    argument,
    parameters: parametersOf(request),
    flags: flagsOf(request),
    namespace: orgsOf(request, namespaces),
  };
  const body = await searcher.foreign(principalOf(request), asked, untilGone(reply));
  return reply
    .type("application/json; charset=UTF-8")
    .send(Buffer.from(body.buffer, body.byteOffset, body.length));
}

/** Those of the address and, in a form, of the body; Loki ignores what it does not know. */
function parametersOf(request: FastifyRequest): Readonly<Record<string, readonly string[]>> {
  const mark = request.url.indexOf("?");
  const texts = [
    mark === -1 ? "" : request.url.slice(mark + 1),
    typeof request.body === "string" ? request.body : "",
  ];
  const found = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of texts.flatMap((text) => [...new URLSearchParams(text)])) {
    count += 1;
    if (count > HTTP_LIMITS.parameters) {
      throw new ServiceError("NL_PARAMETER_INVALID", "too many parameters");
    }
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
  return Object.fromEntries(found);
}

function flagsOf({ headers }: FastifyRequest): readonly string[] {
  const header = headers[FLAGS];
  return typeof header === "string" ? header.split(",").map((flag) => flag.trim()) : [];
}
