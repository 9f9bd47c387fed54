import { AUDIT_NAMESPACE } from "./names.ts";
import { checkNamespace } from "./access.ts";
import type { TenantContext } from "./context.ts";
import type { Plan, SyslogPlan } from "./plan.ts";

/** Syslog, where the record turns it on; from those that `network.api` lets in, ingress controllers apart. */
export function planSyslog(context: TenantContext, api: Plan["api"]): SyslogPlan | null {
  const { record, cluster, report } = context;
  const written = record.logService?.syslog;
  if (written === undefined) return null;
  const path = ["logService", "syslog"];
  const { tcp = false, udp = false, tls = false } = written;
  if (tls && record.logService?.tls === undefined) {
    const reason = "syslog over TLS needs the certificate of logService.tls";
    report("tls-shape", { reason }, [...path, "tls"], "key");
  }
  if (!tcp && !udp && !tls) {
    const reason = "none of tcp, udp and tls is true, so nothing listens";
    report("no-effect", { field: "logService.syslog", reason }, path, "key");
  }
  if (!context.closed && api.namespaces.length === 0 && api.blocks.length === 0) {
    const reason = "network.api names no organization and no cidrs, so nobody could send";
    report("no-effect", { field: "logService.syslog", reason }, path, "key");
  }
  const namespace = written.namespace ?? record.logService?.namespaces?.default ?? "default";
  if (written.namespace !== undefined) {
    checkNamespace(context, namespace, [...path, "namespace"]);
    if (namespace === AUDIT_NAMESPACE) {
      const reason = "only the log service itself writes there";
      report("reserved-name", { name: namespace, reason }, [...path, "namespace"], "value");
    }
  }
  return {
    tcp,
    udp,
    tls,
    namespace,
    zone: written.zone ?? "UTC",
    networks: [
      ...(api.namespaces.length > 0 ? cluster.plan.podCidrs : []),
      ...api.blocks.map(({ cidr }) => cidr),
    ],
  };
}
