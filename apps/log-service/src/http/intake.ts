import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from "fastify";

import type { Authenticator } from "../access/authenticator.ts";
import type { BodyBudget } from "../access/body-budget.ts";
import { ServiceError } from "../errors.ts";
import { decompress } from "../ingest/decompress.ts";
import { Gate } from "../ingest/gate.ts";
import { INGEST_LIMITS } from "../limits.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Writer } from "../operations/write.ts";
import type { NormalizeContext } from "../record/normalize.ts";
import { BodyMemory } from "./body-memory.ts";
import { collectBody } from "./collect-body.ts";
import { principalOf, requireKey } from "./principal.ts";
import { toServiceError } from "./respond.ts";

export interface IntakeDeps {
  readonly authenticator: Authenticator;
  readonly writer: Writer;
  readonly metrics: Metrics;
  /** Shared with every other door of the process. */
  readonly bodies: BodyBudget;
}

/** Names the logical namespace of a request whose protocol has no word for it. */
const NAMESPACE_HEADER = "x-neurallog-namespace";

/**
 * What all doors for records have in common, whatever their protocol: who may come in, room for
 * bodies and decompression, shared by all of them, so that no protocol adds to what one process holds.
 */
export class Intake {
  readonly writer: Writer;
  readonly metrics: Metrics;
  readonly authenticator: Authenticator;
  readonly #memory = new BodyMemory();
  readonly #gate = new Gate(INGEST_LIMITS.decompressions);
  readonly #bodies: BodyBudget;

  constructor({ authenticator, writer, metrics, bodies }: IntakeDeps) {
    this.#bodies = bodies;
    this.authenticator = authenticator;
    this.writer = writer;
    this.metrics = metrics;
  }

  /** Makes a scope's routes take bodies as bytes: of some media types, or of any (`"*"`). */
  takeBytes(scope: FastifyInstance, types: readonly string[] | "*"): void {
    scope.addContentTypeParser(types === "*" ? types : [...types], (request, payload, done) =>
      collectBody(payload, request.headers, this.#memory, done),
    );
  }

  /** For `onRequest`: the key, its role and rate, then room for the body, before any of it is read. */
  readonly hooks = (): onRequestHookHandler[] => [
    requireKey(this.authenticator, (principal) => this.writer.admit(principal)),
    this.#reserveBody,
  ];

  /**
   * Where a request's records go that say nothing else, its parameter or header, else the key's own; and the
   * trace of those that name none, where the request itself does (`X-Trace-ID`).
   * @throws ServiceError when the caller does not reach it.
   */
  context(request: FastifyRequest, parameter?: string): NormalizeContext {
    const header = request.headers[NAMESPACE_HEADER];
    const named = parameter ?? (Array.isArray(header) ? header[0] : header);
    const context = this.writer.context(principalOf(request), named);
    const { trace } = request;
    return trace?.stamps === true ? { ...context, traceId: trace.id } : context;
  }

  /**
   * Reads a request's body, decompressed.
   * @param read Runs while the body counts as one that is open: few are at once.
   * @throws ServiceError when the encoding is not known, damaged, or expands beyond the limit.
   */
  read<T>(request: FastifyRequest, read: (bytes: Buffer) => T | Promise<T>): T | Promise<T> {
    const { body } = request;
    if (!Buffer.isBuffer(body)) throw new ServiceError("NL_BODY_EMPTY");
    const encoding = request.headers["content-encoding"];
    if (encoding === undefined) return read(body);
    return this.#gate.run(async () => read(await decompress(body, encoding)));
  }

  /** As `read`, for a reader that keeps no part of the bytes: their memory is then used again. */
  async readOnce<T>(request: FastifyRequest, read: (bytes: Buffer) => T | Promise<T>): Promise<T> {
    const { body } = request;
    const outcome = await this.read(request, read);
    if (Buffer.isBuffer(body)) this.#memory.giveBack(body);
    return outcome;
  }

  /** Holds room for the body until the request is over, however it ends. */
  readonly #reserveBody: onRequestHookHandler = (request, reply, done) => {
    try {
      const { name } = principalOf(request);
      this.#bodies.reserve(name, request.raw, reply.raw, INGEST_LIMITS.bodyBytes);
      done();
    } catch (error) {
      done(toServiceError(error));
    }
  };
}
