import type { Authenticator } from "../../access/authenticator.ts";
import type { Auditor } from "../../operations/audit.ts";
import type { Clearer } from "../../operations/clear.ts";
import type { KeyAdmin } from "../../operations/keys.ts";
import type { Levels } from "../../operations/levels.ts";

/** What the administrators' routes call. */
export interface AdminDeps {
  readonly authenticator: Authenticator;
  readonly auditor: Auditor;
  readonly clearer: Clearer;
  readonly keys: KeyAdmin;
  readonly levels: Levels;
}
