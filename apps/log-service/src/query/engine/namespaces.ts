import { includes, type Asking } from "./asking.ts";
import type { NamespacesAnswer, NamespacesQuestion } from "./questions.ts";

export async function answerNamespaces(
  { scope }: NamespacesQuestion,
  { store }: Asking,
): Promise<NamespacesAnswer> {
  const all = await store.namespaces();
  const namespaces = all
    .filter(({ name }) => includes(scope, name))
    .map((info) => ({ ...info, oldest: info.oldest ?? null, newest: info.newest ?? null }));
  const { headerBytes, tokenBytes } = store.stats();
  return { namespaces, held: { headerBytes, tokenBytes } };
}
