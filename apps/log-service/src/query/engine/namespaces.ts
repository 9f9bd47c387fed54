import { includes, warnOf, type Asking } from "./asking.ts";
import type { NamespaceAnswer, NamespacesAnswer, NamespacesQuestion } from "./questions.ts";
import { writeInstant } from "../../record/time.ts";

export async function answerNamespaces(
  { scope }: NamespacesQuestion,
  { store, archive, warnings }: Asking,
): Promise<NamespacesAnswer> {
  const [hot, archived] = await Promise.all([
    store.namespaces(),
    archive?.desk.holdings().catch((error: unknown) => {
      warnOf(error, warnings);
      return undefined;
    }),
  ]);
  const answers = new Map<string, NamespaceAnswer>();
  for (const info of hot) {
    const { oldest = null, newest = null } = info;
    answers.set(info.name, { ...info, oldest, newest });
  }
  for (const { name, records, oldestMs, newestMs } of archived ?? []) {
    const own = answers.get(name) ?? { ...NOTHING_HOT, name };
    const part = { records, oldest: timeOf(oldestMs), newest: timeOf(newestMs) };
    answers.set(name, { ...own, archived: part });
  }
  const namespaces = [...answers.values()]
    .filter(({ name }) => includes(scope, name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const { headerBytes, tokenBytes } = store.stats();
  return { namespaces, held: { headerBytes, tokenBytes } };
}

const NO_BLOCKS = { blocks: 0, records: 0 };

/** Of a namespace that only the archive has. */
const NOTHING_HOT: Omit<NamespaceAnswer, "name"> = {
  records: 0,
  bytes: 0,
  oldest: null,
  newest: null,
  small: NO_BLOCKS,
  large: NO_BLOCKS,
  debt: NO_BLOCKS,
  tombstones: 0,
};

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : writeInstant(ms, 0, 3);
}
