import { z } from "zod";
import * as limits from "../../limits.ts";
import { regexProblem } from "../regex.ts";
import { nearest } from "../suggest.ts";
import { amounts } from "./resources.ts";
import {
  bytes,
  dnsLabel,
  durationText,
  freeText,
  hostname,
  objectName,
  secretKey,
} from "./scalars.ts";

/** The tenant's log service: how much of it, and what it does. */

const redaction = z
  .strictObject({
    fields: z
      .array(freeText("A field's name, in any case, at any depth.", limits.MAX_REDACTED_FIELD))
      .min(1)
      .max(limits.MAX_REDACTED_FIELDS)
      .meta({ description: "Fields whose values are not stored." })
      .optional(),
    presets: z
      .array(z.enum(["bearer-tokens", "json-web-tokens", "card-numbers", "email-addresses"]))
      .min(1)
      .max(10)
      .meta({ description: "What many want to keep out of messages and metadata." })
      .optional(),
    patterns: z
      .array(
        z
          .strictObject({
            name: dnsLabel("Names the pattern in errors."),
            pattern: z
              .string()
              .min(1)
              .max(limits.MAX_REGEX)
              .superRefine((text, context) => {
                const message = regexProblem(text);
                if (message !== undefined) context.addIssue({ code: "custom", message });
              })
              .meta({
                description: "A regular expression as RE2 reads it; what it finds is gone.",
              }),
            ignoreCase: z
              .boolean()
              .meta({ description: "Whether letters of either case match; false when left out." })
              .optional(),
          })
          .meta({ description: "A pattern." }),
      )
      .min(1)
      .max(limits.MAX_PATTERNS)
      .meta({ description: "Patterns of the tenant's own." })
      .optional(),
  })
  .meta({ description: "What is taken out of records before they are stored: [REDACTED]." });

const tls = z
  .strictObject({
    secret: z
      .strictObject({
        name: objectName("Secret with the entries tls.crt and tls.key, as cert-manager makes it."),
      })
      .meta({ description: "Where certificate and key are." }),
    authority: z
      .string()
      .max(limits.MAX_PEM)
      .regex(/^(?:-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n)+$/, {
        error: "must be certificates in PEM, one after the other, and nothing else",
      })
      .meta({
        description:
          "Certificate, in PEM, of who signed it: MCP endpoints trust it. Public ones are known.",
      })
      .optional(),
    clientCa: z
      .strictObject({
        secret: z
          .strictObject({
            name: objectName("Name of the Secret."),
            key: secretKey("The entry in it; ca.crt when left out.").optional(),
          })
          .meta({ description: "Where the certificates of who signs clients' are." }),
      })
      .meta({ description: "Who signs client certificates; none are asked for when left out." })
      .optional(),
  })
  .meta({
    description: "TLS on the API's port. Its certificate is for log-service.tenant-<id>.svc.",
  });

const syslog = z
  .strictObject({
    tcp: z.boolean().meta({ description: "Whether to listen on TCP port 5514." }).optional(),
    udp: z.boolean().meta({ description: "Whether to listen on UDP port 5514." }).optional(),
    tls: z
      .boolean()
      .meta({
        description:
          "Whether to listen with TLS on TCP port 6514, by logService.tls's certificate.",
      })
      .optional(),
    namespace: dnsLabel(
      "The logical namespace of what arrives; the default one when left out.",
    ).optional(),
    zone: z
      .string()
      .max(limits.MAX_ZONE)
      .superRefine((text, context) => {
        if (isZone(text)) return;
        context.addIssue({
          code: "custom",
          message: "must be UTC, an offset like +01:00 or a zone's name",
          params: { suggestion: nearest(text, Intl.supportedValuesOf("timeZone")) },
        });
      })
      .meta({ description: "Zone of times that name none." })
      .optional(),
  })
  .meta({
    description:
      "Syslog, which has no keys: from the organizations and cidrs of network.api, and from nobody else.",
  });

function isZone(text: string): boolean {
  if (/^[+-]\d\d:?\d\d$/.test(text)) return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const work = z
  .strictObject({
    place: z
      .enum(["inside", "apart"])
      .meta({
        description:
          "Where blocks are merged and dropped. inside: in each replica, one at a time. apart: in a pod of its own.",
      })
      .optional(),
    resources: z
      .strictObject({
        requests: amounts("What the scheduler sets aside.").optional(),
        limits: amounts("The most that the container gets.").optional(),
      })
      .meta({ description: "Resources of that pod." })
      .optional(),
  })
  .meta({ description: "Work on what is stored." });

export const logService = z
  .strictObject({
    replicas: z
      .strictObject({
        min: z.int().min(1).max(100).meta({ description: "Fewest replicas." }).optional(),
        max: z
          .int()
          .min(1)
          .max(100)
          .meta({ description: "Most replicas; the quota has to hold them." })
          .optional(),
      })
      .meta({ description: "Bounds of the autoscaler." })
      .optional(),
    resources: z
      .strictObject({
        requests: amounts("What the scheduler sets aside.").optional(),
        limits: amounts("The most that the container gets.").optional(),
      })
      .meta({ description: "Resources of one replica." })
      .optional(),
    autoscaling: z
      .strictObject({
        cpuUtilization: z
          .int()
          .min(10)
          .max(95)
          .meta({
            description: "Share of the requested CPU, in percent, that the autoscaler aims at.",
          })
          .optional(),
        recommendations: z
          .boolean()
          .meta({ description: "A VerticalPodAutoscaler that recommends and changes nothing." })
          .optional(),
      })
      .meta({ description: "How replicas follow the load." })
      .optional(),
    namespaces: z
      .strictObject({
        enabled: z
          .boolean()
          .meta({
            description:
              "Whether logs are kept in logical namespaces; off: all in the default one.",
          })
          .optional(),
        default: dnsLabel("The logical namespace of records that name none.").optional(),
        lanes: z
          .int()
          .min(1)
          .max(limits.MAX_LANES)
          .meta({
            description:
              "Streams that each of them is spread over: more use more nodes of a Redis Cluster.",
          })
          .optional(),
      })
      .meta({ description: "Logical namespaces inside the tenant." })
      .optional(),
    retention: z
      .strictObject({
        age: durationText("Records received longer ago are dropped.").optional(),
        bytes: bytes("The oldest records are dropped beyond this size in Redis.").optional(),
        watermark: z
          .int()
          .min(50)
          .max(95)
          .meta({
            description: "Share of Redis' memory, in percent, beyond which the oldest records go.",
          })
          .optional(),
        namespaces: z
          .record(
            dnsLabel("A logical namespace."),
            z
              .strictObject({
                age: durationText("Instead of the age for all.").optional(),
                bytes: bytes("The most that this one holds, within the bytes for all.").optional(),
              })
              .meta({ description: "What is kept of one logical namespace." }),
          )
          .meta({ description: "Logical namespaces that are kept shorter, longer or smaller." })
          .optional(),
      })
      .meta({ description: "What is kept; all bounds hold." })
      .optional(),
    hosts: z
      .array(hostname("A DNS name under the cluster's suffix."))
      .min(1)
      .max(limits.MAX_HOSTS)
      .meta({ description: "Names under which the log service is reached from outside." })
      .optional(),
    rateLimits: z
      .strictObject({
        recordsPerSecond: z
          .int()
          .min(1)
          .max(10_000_000)
          .meta({ description: "Records a second." })
          .optional(),
        bytesPerSecond: bytes("Bytes a second.").optional(),
      })
      .meta({ description: "Bounds of each API key, in each replica." })
      .optional(),
    redaction: redaction.optional(),
    tls: tls.optional(),
    syslog: syslog.optional(),
    work: work.optional(),
    queries: z
      .strictObject({
        slowMilliseconds: z
          .int()
          .min(0)
          .max(3_600_000)
          .meta({ description: "Questions that take longer are logged, with what they scanned." })
          .optional(),
        logText: z
          .boolean()
          .meta({
            description: "Whether with their text, which may hold what people look for.",
          })
          .optional(),
      })
      .meta({ description: "Questions that take long." })
      .optional(),
    logLevel: z
      .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
      .meta({ description: "Of the processes' own lines on standard output." })
      .optional(),
    mcpToolNames: z
      .enum(["dotted", "underscore"])
      .meta({
        description:
          "Names of MCP tools, neurallog.log or neurallog_log: some clients refuse a dot.",
      })
      .optional(),
    mcpWebSocket: z
      .boolean()
      .meta({
        description:
          "Whether MCP is spoken over WebSocket too, on port 9060: by the log service to the organizations and cidrs of network.api, and by MCP endpoints.",
      })
      .optional(),
  })
  .meta({ description: "The tenant's log service." });
