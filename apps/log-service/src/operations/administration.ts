import { requireAction } from "../access/authorize.ts";
import { mayDo } from "../access/principal.ts";
import type { AuditedCall, Auditor } from "./audit.ts";
import type { ClearAsked, Clearer, ClearPreview } from "./clear.ts";
import type { Levels, SetLevel } from "./levels.ts";

/** Who asks, and from where: for the account of it. */
export type Administrator = Pick<AuditedCall, "principal" | "address" | "forwardedFor">;

export interface AdministrationDeps {
  readonly auditor: Auditor;
  readonly clearer: Clearer;
  readonly levels: Levels;
}

/** What administrators do by another door than `/api/admin`: checked and written down the same way. */
export class Administration {
  readonly #deps: AdministrationDeps;

  constructor(deps: AdministrationDeps) {
    this.#deps = deps;
  }

  /** Answers what matched just before; resolved means that nobody sees it any more. */
  async clear(by: Administrator, asked: ClearAsked, signal: AbortSignal): Promise<ClearPreview> {
    const { auditor, clearer } = this.#deps;
    const details: AuditedCall["details"] = JSON.parse(JSON.stringify(asked));
    const call = { ...by, action: "logs.clear", details };
    this.#admit(call);
    return auditor.run(
      call,
      async () => {
        const preview = await clearer.preview(by.principal, asked, signal);
        await clearer.clear(by.principal, asked);
        return preview;
      },
      ({ records }) => ({ records }),
    );
  }

  async setLevel(
    by: Administrator,
    asked: { readonly source: string; readonly namespace: string; readonly level: string },
  ): Promise<SetLevel> {
    const { auditor, levels } = this.#deps;
    const call = { ...by, action: "levels.set", details: { ...asked } };
    this.#admit(call);
    return auditor.run(call, () => levels.set(by.principal, asked));
  }

  #admit(call: AuditedCall): void {
    if (!mayDo(call.principal, "administer")) this.#deps.auditor.refused(call, "NL_FORBIDDEN_ROLE");
    requireAction(call.principal, "administer");
  }
}
