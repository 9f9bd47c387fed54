// Everything that moves a cursor, sets a title, rings, reverses or hides text: C0, DEL, C1 (0x9b is 'ESC [' in one
// character), bidirectional overrides, invisible characters, line separators.
const dangerous =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Text that a log's author cannot use to take over the reader's terminal; what it was stays visible. */
export function harmless(text: string): string {
  return text.replace(dangerous, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

/** One line: as `harmless`, and no line break or tab either. */
export function harmlessLine(text: string): string {
  return harmless(text).replaceAll("\n", "\\n").replaceAll("\t", " ");
}

/** JSON that stays JSON and holds no such character as it stands. */
export function harmlessJson(value: unknown): string {
  return JSON.stringify(value).replace(
    dangerous,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
