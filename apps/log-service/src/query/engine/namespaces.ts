import { includes, type Asking } from "./asking.ts";
import type { NamespacesAnswer, NamespacesQuestion } from "./questions.ts";

export async function answerNamespaces(
  { scope }: NamespacesQuestion,
  { store }: Asking,
): Promise<NamespacesAnswer> {
  const all = await store.namespaces();
  const namespaces = all
    .filter(({ name }) => includes(scope, name))
    .map(({ name, records, bytes, oldest, newest }) => ({
      name,
      records,
      bytes,
      oldest: oldest ?? null,
      newest: newest ?? null,
    }));
  return { namespaces };
}
