import { isIP, isIPv4 } from "node:net";

import { z } from "zod";

import { list, optional, withDefault } from "./fields.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const ADDRESS_ERROR = "must be an address and a port: 127.0.0.1:6514 or [::1]:6514";

const address = z.string().transform((text, context): Address => {
  const [, six, four, digits = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? four ?? "";
  const port = Number(digits);
  if (isIP(host) === 0 || digits === "" || port > 65_535) {
    context.addIssue({ code: "custom", message: ADDRESS_ERROR });
    return z.NEVER;
  }
  return { host, port };
});

const networks = list.refine((cidrs) => cidrs.every(isNetwork), {
  error: "must be networks such as 10.0.0.0/8, separated by commas",
});

function isNetwork(text: string): boolean {
  const [host = "", bits = "", ...others] = text.split("/");
  if (isIP(host) === 0 || !/^\d{1,3}$/.test(bits) || others.length > 0) return false;
  return Number(bits) <= (isIPv4(host) ? 32 : 128);
}

/** Syslog has no keys: it is off unless an address is given, and takes only from the networks named. */
export const syslogFields = {
  NEURALLOG_SYSLOG_TCP: optional(address),
  NEURALLOG_SYSLOG_TLS: optional(address),
  NEURALLOG_SYSLOG_UDP: optional(address),
  NEURALLOG_SYSLOG_NETWORKS: withDefault(networks, "127.0.0.0/8,::1/128"),
  NEURALLOG_SYSLOG_NAMESPACE: optional(
    z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
      error: "must be a namespace's name",
    }),
  ),
  NEURALLOG_SYSLOG_ZONE: withDefault(
    z.string().refine(isZone, { error: "must be UTC, an offset or a zone's name" }),
    "UTC",
  ),
};

function isZone(text: string): boolean {
  // Where no name has to be looked up, none is: the tables for that are 5 MB of an idle process.
  if (text === "UTC" || /^[+-]\d\d:?\d\d$/.test(text)) return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export interface SyslogConfig {
  /** Undefined is off. */
  readonly tcp: Address | undefined;
  /** TCP with TLS, by the main listener's certificate. */
  readonly tls: Address | undefined;
  readonly udp: Address | undefined;
  /** Who may send, as CIDRs. */
  readonly networks: readonly string[];
  /** Undefined for the tenant's default one. */
  readonly namespace: string | undefined;
  /** Zone of times that name none. */
  readonly zone: string;
}

export function syslogConfig(values: z.output<z.ZodObject<typeof syslogFields>>): SyslogConfig {
  return {
    tcp: values.NEURALLOG_SYSLOG_TCP,
    tls: values.NEURALLOG_SYSLOG_TLS,
    udp: values.NEURALLOG_SYSLOG_UDP,
    networks: values.NEURALLOG_SYSLOG_NETWORKS,
    namespace: values.NEURALLOG_SYSLOG_NAMESPACE,
    zone: values.NEURALLOG_SYSLOG_ZONE,
  };
}
