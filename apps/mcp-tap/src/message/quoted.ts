/** What a JSON string says, also one that was cut, in the middle of an escape or before its end. */
export function unquoted(quoted: string): string {
  let at = 1;
  while (at < quoted.length && quoted[at] !== '"') {
    const next = at + (quoted[at] !== "\\" ? 1 : quoted[at + 1] === "u" ? 6 : 2);
    if (next > quoted.length) break;
    at = next;
  }
  const whole = quoted.slice(0, at);
  try {
    const text: unknown = JSON.parse(`${whole}"`);
    return String(text);
  } catch {
    // No JSON after all: what matters is that quotes are seen as quotes.
    return whole.slice(1).replaceAll(/\\(["\\/])/g, "$1");
  }
}

/** A name as a parser reads it: `pass\u0077ord` is a password too. */
export function unescaped(name: string): string {
  if (!name.includes("\\")) return name;
  try {
    return String(JSON.parse(`"${name}"`));
  } catch {
    return name;
  }
}
