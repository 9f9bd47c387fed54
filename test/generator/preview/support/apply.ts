import type { Change, Json, Step } from "../../../../generator/preview/model/model.ts";

type JsonObject = { [key: string]: Json };

/** Carries out changes, by what model.ts says of them and by nothing of how they are found. */
export function apply(value: Json, changes: readonly Change[]): Json {
  const whole = changes.find(({ at }) => at.length === 0);
  if (whole !== undefined && whole.op === "change") return whole.after;
  if (Array.isArray(value)) return applyToList(value, changes);
  if (typeof value !== "object" || value === null) return value;
  const result: JsonObject = { ...value };
  for (const [key, inner] of byStep(changes)) {
    if (typeof key !== "string") throw new Error("an object has keys");
    const [first] = inner;
    if (first?.op === "remove" && first.at.length === 1) delete result[key];
    else
      set(
        result,
        key,
        first?.op === "add" && first.at.length === 1
          ? first.after
          : apply(result[key] ?? null, inner.map(below)),
      );
  }
  return result;
}

function applyToList(list: readonly Json[], changes: readonly Change[]): Json[] {
  const order = changes.find((change) => change.op === "order" && change.at.length === 0);
  const rest = changes.filter((change) => change !== order);
  let result: (Json | undefined)[] = [...list];
  const added: { index: number | undefined; value: Json }[] = [];
  for (const [step, inner] of byStep(rest)) {
    if (typeof step === "string") throw new Error("a list has no keys");
    const [first] = inner;
    if (first?.op === "add" && first.at.length === 1) {
      added.push({ index: "index" in step ? step.index : undefined, value: first.after });
      continue;
    }
    const index =
      "index" in step ? step.index : list.findIndex((each) => nameOf(each, step.by) === step.is);
    if (first?.op === "remove" && first.at.length === 1) result[index] = undefined;
    else result[index] = apply(list[index] ?? null, inner.map(below));
  }
  result = result.filter((each) => each !== undefined);
  for (const { index, value } of added) result.splice(index ?? result.length, 0, value);
  const found = result.flatMap((each) => (each === undefined ? [] : [each]));
  if (order?.op !== "order") return found;
  return order.after.map((is) => found.find((each) => nameOf(each, order.by) === is) ?? null);
}

const nameOf = (value: Json | undefined, by: string): Json | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value[by] : undefined;

const set = (object: JsonObject, key: string, value: Json): void => {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
};

const below = (change: Change): Change => ({ ...change, at: change.at.slice(1) });

/** Changes by their first step; an added and another element of the same position are two. */
function byStep(changes: readonly Change[]): [Step, Change[]][] {
  const found = new Map<string, [Step, Change[]]>();
  for (const change of changes) {
    const [step] = change.at;
    if (step === undefined) throw new Error("a change of nothing");
    const isNew = change.op === "add" && change.at.length === 1;
    const key = `${isNew} ${JSON.stringify(step)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [step, [change]]);
    else known[1].push(change);
  }
  return [...found.values()];
}
