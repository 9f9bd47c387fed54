import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A hash of the code and templates of some of the generator's rooms, so that nothing remembered outlives what made it. */
export function codeVersion(rooms: readonly string[]): string {
  const generator = fileURLToPath(new URL("..", import.meta.url));
  const files = rooms.flatMap((room) =>
    readdirSync(join(generator, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") || name.endsWith(".hbs"))
      .sort()
      .map((name) => join(generator, room, name)),
  );
  const all = [...files, join(generator, "limits.ts"), join(generator, "../package-lock.json")];
  return hash("sha256", all.map((file) => hash("sha256", readFileSync(file))).join());
}
