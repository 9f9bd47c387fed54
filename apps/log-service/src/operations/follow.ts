import { requireAction } from "../access/authorize.ts";
import type { Principal } from "../access/principal.ts";
import { ServiceError } from "../errors.ts";
import type {
  FollowFormat,
  Following,
  FollowRequest,
  FollowSink,
  FollowSource,
} from "../follow/port.ts";
import { FOLLOW_LIMITS } from "../limits.ts";
import type { NamespaceConfig } from "./namespace.ts";
import { readQuestion } from "./questions.ts";
import { scopeOf } from "./scope.ts";
import type { FilterQuery } from "./search-query.ts";

/** What a caller wants to follow; times make no sense of what is still to come. */
export interface FollowQuery extends Omit<FilterQuery, "from" | "to"> {
  /** The last event's id, or a search's `position`. */
  readonly after?: string | undefined;
}

/** What a door wants to follow that reads its own language. */
export interface FilterAsked extends Omit<FollowRequest, "scope"> {
  /** The logical namespaces that the caller named. */
  readonly namespace: readonly string[] | undefined;
}

/** Following for a caller, whichever door it came in by. */
export class Follower {
  readonly #source: FollowSource;
  readonly #namespaces: NamespaceConfig;
  readonly #ofKey = new Map<string, number>();

  constructor(source: FollowSource, namespaces: NamespaceConfig) {
    this.#source = source;
    this.#namespaces = namespaces;
  }

  /** @throws ServiceError when the caller's role does not read. */
  admit(principal: Principal): void {
    requireAction(principal, "read");
  }

  /**
   * Hands matching records to the sink until stopped.
   * @throws ServiceError for a query that is not valid, a namespace out of reach, or too many followers.
   */
  open(
    principal: Principal,
    { after, ...query }: FollowQuery,
    format: FollowFormat,
    sink: FollowSink,
  ): Following {
    const scope = scopeOf(principal, query, this.#namespaces);
    const asked = readQuestion({ kind: "count", ...query }, scope, Date.now());
    if (asked.kind !== "count") throw new ServiceError("NL_INTERNAL");
    return this.#follow(principal, { scope, filter: asked.filter, format, after }, sink);
  }

  /** The same for a door that reads its own language. */
  openFilter(
    principal: Principal,
    { namespace, ...asked }: FilterAsked,
    sink: FollowSink,
  ): Following {
    const scope = scopeOf(principal, { namespace }, this.#namespaces);
    return this.#follow(principal, { scope, ...asked }, sink);
  }

  #follow(principal: Principal, request: FollowRequest, sink: FollowSink): Following {
    this.admit(principal);
    const { after } = request;
    if (after !== undefined && after.length > FOLLOW_LIMITS.idUnits) {
      throw new ServiceError("NL_PARAMETER_INVALID", "Last-Event-ID is too long");
    }
    const mine = this.#ofKey.get(principal.name) ?? 0;
    if (mine >= FOLLOW_LIMITS.followersOfKey) {
      throw new ServiceError("NL_FOLLOW_LIMIT", undefined, { retryAfterSeconds: 10 });
    }
    const following = this.#source.open(request, sink);
    this.#ofKey.set(principal.name, mine + 1);
    let stopped = false;
    return {
      stop: () => {
        if (stopped) return;
        stopped = true;
        following.stop();
        const left = (this.#ofKey.get(principal.name) ?? 1) - 1;
        if (left > 0) this.#ofKey.set(principal.name, left);
        else this.#ofKey.delete(principal.name);
      },
    };
  }
}
