import type { BlockHeader } from "../block/header.ts";
import { compareInstants, writeInstant } from "../record/time.ts";
import type { NamespaceInfo } from "./port.ts";
import { storedBytes } from "./retention.ts";

/** What a namespace holds, from its headers alone. */
export function describeNamespace(name: string, headers: Iterable<BlockHeader>): NamespaceInfo {
  let records = 0;
  let bytes = 0;
  let oldest: BlockHeader["first"] | undefined;
  let newest: BlockHeader["last"] | undefined;
  for (const header of headers) {
    records += header.records;
    bytes += storedBytes(header);
    if (oldest === undefined || compareInstants(header.first, oldest) < 0) oldest = header.first;
    if (newest === undefined || compareInstants(header.last, newest) > 0) newest = header.last;
  }
  return { name, records, bytes, oldest: present(oldest), newest: present(newest) };
}

function present(instant: { ms: number; nanos: number } | undefined): string | undefined {
  return instant && writeInstant(instant.ms, instant.nanos, digitsOf(instant.nanos));
}

/** Headers keep no sender's precision: the fewest digits that lose nothing. */
function digitsOf(nanos: number): number {
  if (nanos === 0) return 3;
  return nanos % 1000 === 0 ? 6 : 9;
}
