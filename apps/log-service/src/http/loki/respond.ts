import type { FastifyInstance } from "fastify";

import type { Metrics } from "../../observe/metrics.ts";
import { reportError } from "../report.ts";
import { errorHead } from "../respond.ts";

/** Loki's clients read errors as plain text: the sentence is all that they show. */
export function answerErrorsAsText(scope: FastifyInstance, metrics: Metrics): void {
  scope.setErrorHandler((thrown, request, reply) => {
    const error = reportError(thrown, request, metrics);
    return errorHead(reply, error).type("text/plain; charset=utf-8").send(`${error.message}\n`);
  });
}
