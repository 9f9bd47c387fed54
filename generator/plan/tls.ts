import type { TenantContext } from "./context.ts";
import type { TlsPlan } from "./plan.ts";

/** TLS on the log service's own listener. */
export function planTls({ record, report }: TenantContext): TlsPlan | null {
  const tls = record.logService?.tls;
  if (tls === undefined) return null;
  const path = ["logService", "tls"];
  if (record.network?.api?.ingress !== false) {
    // Whether it speaks TLS to what is behind it is set in ways that differ from controller to controller.
    const reason =
      "the cluster's ingress controller speaks plain HTTP to log services: it needs network.api.ingress: false";
    report("tls-shape", { reason }, path, "key");
  }
  const { secret, clientCa, authority } = tls;
  const hasMcp = (record.organizations ?? []).some(({ mcp }) => mcp !== undefined && mcp !== false);
  if (authority !== undefined && !hasMcp) {
    const reason = "no organization has an MCP endpoint, which would trust it";
    report("no-effect", { field: "authority", reason }, [...path, "authority"], "key");
  }
  return {
    secretName: secret.name,
    clientCa:
      clientCa === undefined
        ? null
        : { secretName: clientCa.secret.name, key: clientCa.secret.key ?? "ca.crt" },
    authority: authority ?? null,
  };
}
