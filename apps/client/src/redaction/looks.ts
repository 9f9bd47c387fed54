import { REDACTED } from "./redacted.ts";

const USER_AND_PASSWORD = /([^\s/?#:@"'<>]*:)[^\s/?#"'<>]+@/y;

/** Of addresses: `scheme://user:password@host`. */
export function withoutPasswords(text: string): string {
  if (!text.includes("@")) return text;
  let out = "";
  let copied = 0;
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    USER_AND_PASSWORD.lastIndex = at + 3;
    const [match, user = ""] = USER_AND_PASSWORD.exec(text) ?? [];
    if (match === undefined) continue;
    out += `${text.slice(copied, at + 3 + user.length)}${REDACTED}`;
    copied = at + 3 + match.length - 1;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

const SCHEME = /\b(bearer|basic)(\s{1,4})([A-Za-z0-9._~+/=-]{16,})/gi;
// A token begins a word: tried within one, `eyJ-eyJ-…` takes quadratic time.
const TOKEN =
  /\bnlk_[A-Za-z0-9_-]{20,}|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g;
const PEM =
  /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)/g;

const LOOKS = /bearer|basic|nlk_|eyJ|-BEGIN/i;

/** Of what is known by how it looks. */
export function withoutLooks(text: string): string {
  if (!LOOKS.test(text)) return text;
  let out = text.replace(SCHEME, (match, scheme: string, blank: string, what: string) =>
    // What is all letters after `basic` is English.
    scheme.length === 5 && !/[\d=]/.test(what) ? match : `${scheme}${blank}${REDACTED}`,
  );
  out = withoutTokens(out);
  return out.includes("-----BEGIN ") ? out.replace(PEM, REDACTED) : out;
}

/** Of API keys and JSON Web Tokens, which are known wherever they stand. */
export function withoutTokens(text: string): string {
  return text.replace(TOKEN, REDACTED);
}
