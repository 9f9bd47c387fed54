import { OperateError } from "../errors.ts";
import type { Kind } from "../kubernetes/kinds.ts";
import type { Reader } from "../kubernetes/reader.ts";
import type { Selection } from "../kubernetes/requests.ts";
import type { WatchEvent } from "../kubernetes/watch-stream.ts";
import { identityOf, keyOf } from "./objects/identity.ts";

/** One kind of objects in the picture of a cluster: listed once, then kept up to date by a watch's events. */
export class Part<T> {
  readonly kind: Kind;
  readonly selection: Selection;
  /** What cannot be told without it. */
  readonly hides: string;
  readonly objects = new Map<string, T>();
  /** Why it could not be read; undefined once it was. */
  gap: OperateError | undefined;
  readonly #keep: (object: unknown) => T;

  readonly #mayBeMissing: boolean;

  constructor(
    kind: Kind,
    selection: Selection,
    hides: string,
    keep: (object: unknown) => T,
    presence: "has to be there" | "may be missing" = "has to be there",
  ) {
    this.kind = kind;
    this.#mayBeMissing = presence === "may be missing";
    this.selection = selection;
    this.hides = hides;
    this.#keep = keep;
  }

  /** @returns the version from which a watch goes on; a failure is kept as the part's gap and thrown */
  async list(reader: Reader, signal?: AbortSignal): Promise<string> {
    const selection = { ...this.selection, ...(signal === undefined ? {} : { signal }) };
    try {
      const { items, version } = await reader.list(
        this.kind,
        selection,
        (object) => [keyOf(identityOf(object)), this.#keep(object)] as const,
      );
      this.objects.clear();
      for (const [key, kept] of items) this.objects.set(key, kept);
      this.gap = undefined;
      return version;
    } catch (error) {
      if (error instanceof OperateError) this.fail(error);
      throw error;
    }
  }

  /** Keeps a failure of a watch as the part's gap. */
  fail(error: OperateError): void {
    this.gap = this.#isFine(error) ? undefined : error;
  }

  #isFine({ code }: OperateError): boolean {
    return this.#mayBeMissing && code === "kind-missing";
  }

  apply({ type, object }: WatchEvent): void {
    if (type === "BOOKMARK") return;
    const key = keyOf(identityOf(object));
    if (type === "DELETED") this.objects.delete(key);
    else this.objects.set(key, this.#keep(object));
  }

  values(): T[] {
    return [...this.objects.values()];
  }
}
