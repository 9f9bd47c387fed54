import { z } from "zod";
import { MAX_DISPLAY_NAME, MAX_NAME, MAX_ORGANIZATION_ID, MAX_TENANT_ID } from "../../limits.ts";
import { parseCidr } from "../cidr.ts";
import { parseDuration } from "../duration.ts";
import { parseMoment } from "../moment.ts";
import { parseQuantity, type Unit } from "../quantity.ts";

/**
 * The scalars of the records. Each refuses at the door what would otherwise become a broken or a
 * dangerous object: ASCII only, because look-alike letters make two tenants look like one.
 */

const DNS_LABEL = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;

function idOf(what: string, max: number, extra: (text: string) => string | undefined) {
  return z
    .string()
    .max(max)
    .regex(DNS_LABEL, {
      error: "must be lower-case letters, digits and '-', starting with a letter",
    })
    .superRefine((text, context) => {
      const message = extra(text);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta({ description: what });
}

// Tenant `a-org-b` would own the namespace of tenant `a`'s organization `b`, and `x-mcp` that of `x`'s MCP endpoint.
const noCollision = (text: string): string | undefined =>
  text.includes("-org-") || text.startsWith("org-")
    ? "must not contain 'org-' as a part: namespace names of organizations are made with it"
    : text.endsWith("-mcp")
      ? "must not end in '-mcp': the MCP endpoints' namespaces are made with it"
      : undefined;

export const tenantId = (what: string) => idOf(what, MAX_TENANT_ID, noCollision);

export const organizationId = (what: string) =>
  idOf(what, MAX_ORGANIZATION_ID, (text) =>
    text === "root" || text === "mcp"
      ? `must not be '${text}': network rules name the tenant's own namespaces so`
      : noCollision(text),
  );

/** Names of Kubernetes objects that the record refers to, and of keys and rules that it defines. */
export const dnsLabel = (what: string, max = MAX_NAME) =>
  z
    .string()
    .max(max)
    .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, {
      error: "must be lower-case letters, digits and '-'",
    })
    .meta({ description: what });

export const objectName = (what: string) =>
  z
    .string()
    .max(253)
    .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, {
      error: "must be lower-case letters, digits, '-' and '.'",
    })
    .meta({ description: what });

/** The key of an entry in a Secret's `data`. */
export const secretKey = (what: string) =>
  z
    .string()
    .max(253)
    .regex(/^(?!\.\.?$)[A-Za-z0-9._-]+$/, { error: "must be letters, digits, '-', '_' and '.'" })
    .meta({ description: what });

export const hostname = (what: string) =>
  z
    .string()
    .max(253)
    .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
      error: "must be a lower-case DNS name of at least two labels",
    })
    .meta({ description: what });

// Free text ends up in annotations. Control and bidirectional characters could show a reviewer something else than is there.
const FREE_TEXT = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]*$/u;

export const freeText = (what: string, max = MAX_DISPLAY_NAME) =>
  z
    .string()
    .min(1)
    .max(max)
    // Not as a pattern: not every editor reads such classes.
    .refine((text) => FREE_TEXT.test(text), {
      error: "must not contain control or invisible characters",
    })
    .refine((text) => text.trim() === text, { error: "must not begin or end with a space" })
    .meta({ description: what });

/** A group of the identity provider: the subject of a RoleBinding. */
export const group = (what: string) =>
  z
    .string()
    .max(200)
    .regex(/^[\w][\w.:/@+ -]*$/, { error: "must be letters, digits and . : / @ + - _" })
    .refine((text) => !text.startsWith("system:"), {
      error: "must not be a group of Kubernetes itself ('system:…')",
    })
    .meta({ description: what });

const quantityOf = (unit: Unit, what: string, pattern: string) =>
  z
    .union([z.string().meta({ pattern }), z.number().min(0)])
    .superRefine((text, context) => {
      const parsed = parseQuantity(text, unit);
      if ("problem" in parsed) context.addIssue({ code: "custom", message: parsed.problem });
      else if (parsed.value === 0)
        context.addIssue({ code: "custom", message: "must be more than zero" });
    })
    .meta({ description: what });

export const cpu = (what: string) => quantityOf("cpu", what, "^[0-9]+(\\.[0-9]+)?(m|k)?$");
export const bytes = (what: string) =>
  quantityOf("bytes", what, "^[0-9]+(\\.[0-9]+)?(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$");

export const durationText = (what: string) =>
  z
    .string()
    .refine((text) => parseDuration(text) !== undefined, {
      error: "must be a duration like 90s, 15m, 12h, 7d or 2w",
    })
    .meta({ description: what, pattern: "^[1-9][0-9]{0,5}(s|m|h|d|w)$" });

export const cidrText = (what: string) =>
  z
    .string()
    .superRefine((text, context) => {
      const parsed = parseCidr(text);
      if (!("problem" in parsed)) return;
      context.addIssue({
        code: "custom",
        message: parsed.problem,
        params: { suggestion: parsed.suggestion },
      });
    })
    .meta({ description: what });

/** A calendar day; 2026-02-30 is refused. */
export const date = (what: string) =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, { error: "must be a day like 2027-01-31" })
    .refine(
      (text) => {
        const time = Date.parse(`${text}T00:00:00Z`);
        return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
      },
      { error: "is no day of the calendar" },
    )
    .meta({ description: what });

/** A day, which means its beginning, or a moment of RFC 3339. */
export const moment = (what: string) =>
  z
    .string()
    .refine((text) => parseMoment(text) !== undefined, {
      error: "must be a day like 2027-01-31, or a moment like 2027-01-31T12:00:00Z",
    })
    .meta({ description: what });

export const port = (what: string) => z.int().min(1).max(65_535).meta({ description: what });

/** A name in Kubernetes label syntax, optionally prefixed with a domain. */
export const labelKey = z
  .string()
  .max(316)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    {
      error: "must be a Kubernetes label name, like team or example.com/team",
    },
  );

export const labelValue = z
  .string()
  .max(MAX_NAME)
  .regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?$/, {
    error: "must be letters, digits, '-', '_' and '.'",
  });

export const labelMap = (what: string) =>
  z.record(labelKey, labelValue).meta({ description: what });
