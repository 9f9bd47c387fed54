/** What one writer sent, batch by batch, and what it knows of it. */
export interface Ledger {
  readonly writer: string;
  /** Records in each batch. */
  readonly size: number;
  /** 1 for each batch that was acknowledged; the others may have been kept or not. */
  readonly acknowledged: number[];
}

export interface Verdict {
  readonly acknowledged: number;
  /** Of the acknowledged, those found at least once. */
  readonly found: number;
  /** Records found more than once, acknowledged or not. */
  readonly twice: number;
  /** Records found that nobody sent. */
  readonly strange: number;
}

/** What a record's message starts with: enough to find its place in its writer's list. */
export function mark(writer: string, batch: number, index: number): string {
  return `fault ${writer} ${batch} ${index} `;
}

const MARK = /fault ([a-z0-9]+) (\d+) (\d+) /;

/** Compares every stored record with the writers' own lists. */
export async function judge(
  ledgers: readonly Ledger[],
  messages: AsyncIterable<string>,
): Promise<Verdict> {
  const seen = new Map(
    ledgers.map((ledger) => [
      ledger.writer,
      { ledger, counts: new Uint8Array(ledger.acknowledged.length * ledger.size) },
    ]),
  );
  let strange = 0;
  let twice = 0;
  for await (const message of messages) {
    const [, writer = "", batch = "", index = ""] = MARK.exec(message) ?? [];
    const list = seen.get(writer);
    const place = list === undefined ? -1 : Number(batch) * list.ledger.size + Number(index);
    if (list === undefined || place >= list.counts.length) {
      strange += 1;
      continue;
    }
    const count = (list.counts[place] ?? 0) + 1;
    list.counts[place] = Math.min(count, 255);
    if (count === 2) twice += 1;
  }
  let acknowledged = 0;
  let found = 0;
  for (const { ledger, counts } of seen.values()) {
    for (const [batch, known] of ledger.acknowledged.entries()) {
      if (known !== 1) continue;
      acknowledged += ledger.size;
      const of = counts.subarray(batch * ledger.size, (batch + 1) * ledger.size);
      for (const count of of) if (count > 0) found += 1;
    }
  }
  return { acknowledged, found, twice, strange };
}
