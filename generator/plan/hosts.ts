import type { TenantContext } from "./context.ts";

/** The names under which the log service is reached from outside; none where nothing comes in. */
export function planHosts(context: TenantContext): string[] {
  const { record, cluster, report, closed } = context;
  const { suffix, customHosts } = cluster.record.dns;
  const written = record.logService?.hosts;
  if (record.network?.api?.ingress === false) {
    if (written !== undefined) {
      const reason = "network.api.ingress is false, so nothing leads there";
      report("no-effect", { field: "logService.hosts", reason }, ["logService", "hosts"], "key");
    }
    return [];
  }
  const hosts = claimedHosts(context);
  const seen = new Set<string>();
  hosts.forEach((host, i) => {
    const path = ["logService", "hosts", i];
    if (seen.has(host)) report("duplicate-name", { what: "host", name: host }, path, "value");
    seen.add(host);
    if (!host.endsWith(`.${suffix}`)) {
      if (customHosts === true) return;
      const hint = `like ${record.id}.${suffix}`;
      report("host-outside-suffix", { host, suffix }, path, "value", hint);
      return;
    }
    const certificates = cluster.record.exposure.gateway?.certificate;
    if (certificates === undefined || certificates.some((name) => covers(name, host))) return;
    const values = { host, certificates: certificates.join(", ") };
    report("host-outside-certificate", values, path, "value", "a wildcard stands for one label");
  });
  return closed ? [] : hosts;
}

/** The names that belong to a tenant, whether or not anything comes in now. */
export function claimedHosts({ record, cluster }: TenantContext): string[] {
  if (record.network?.api?.ingress === false) return [];
  return record.logService?.hosts ?? [`${record.id}.${cluster.record.dns.suffix}`];
}

/** Whether `*.logs.example.com` covers the host: one label in the star's place, as in RFC 6125. */
function covers(wildcard: string, host: string): boolean {
  return host.slice(host.indexOf(".")) === wildcard.slice(1);
}
