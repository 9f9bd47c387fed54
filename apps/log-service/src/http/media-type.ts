import { ServiceError } from "../errors.ts";

/** The media type in lower case. A charset other than UTF-8 would be stored as something else. */
export function mediaType(header: string | undefined): string {
  const whole = (header ?? "").toLowerCase();
  if (!whole.includes(";")) return whole.trim();
  const [type = "", ...parameters] = whole.split(";");
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.trim().split("=");
    if (name === "charset" && !["utf-8", "utf8", "us-ascii"].includes(value.replaceAll('"', ""))) {
      throw new ServiceError("NL_CONTENT_TYPE", "The charset is not supported: JSON is UTF-8");
    }
  }
  return type.trim();
}
