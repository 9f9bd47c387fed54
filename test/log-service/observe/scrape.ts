/** A scrape's samples by name and labels, as they stand there: `name{a="b"}`. */
export type Scrape = ReadonlyMap<string, number>;

export function readScrape(text: unknown): Scrape {
  const samples = new Map<string, number>();
  for (const line of String(text).split("\n")) {
    const space = line.lastIndexOf(" ");
    if (line !== "" && !line.startsWith("#")) {
      samples.set(line.slice(0, space), Number(line.slice(space + 1)));
    }
  }
  return samples;
}

/** The sum of all samples whose name begins so. */
export function sumOf(scrape: Scrape, beginning: string): number {
  let sum = 0;
  for (const [name, value] of scrape) if (name.startsWith(beginning)) sum += value;
  return sum;
}

/** Names of metrics with their type, from the lines that begin with `# TYPE`. */
export function typesOf(text: unknown): ReadonlyMap<string, string> {
  const found = [...String(text).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Map(found.map(([, name = "", type = ""]) => [name, type]));
}
