import { ServiceError } from "../../errors.ts";
import { OTLP_LIMITS } from "../../limits.ts";

/** Counts the resources and scopes of a request, which records stand in. */
export class Groups {
  #count = 0;

  /** @throws ServiceError when there are as many as a request may have. */
  add(): void {
    this.#count += 1;
    if (this.#count <= OTLP_LIMITS.groups) return;
    throw new ServiceError(
      "NL_BATCH_TOO_LONG",
      `A request has at most ${OTLP_LIMITS.groups} resources and scopes; nothing of it was stored`,
    );
  }
}
