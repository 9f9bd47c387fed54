import { ApiError } from "../errors.ts";
import { at, listAt, type Ref, textAt } from "./object.ts";
import type { Send } from "./transport.ts";

interface Resource {
  plural: string;
  namespaced: boolean;
}

/** Where each kind is served: asked once for each group and version. */
export class Resources {
  readonly #send: Send;
  readonly #groups = new Map<string, Promise<Map<string, Resource>>>();

  constructor(send: Send) {
    this.#send = send;
  }

  forget(): void {
    this.#groups.clear();
  }

  /** The path of a kind's objects, in a namespace or in all of them. */
  async collection(
    { apiVersion, kind }: Pick<Ref, "apiVersion" | "kind">,
    namespace?: string,
  ): Promise<string> {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const resource = (await this.#kindsOf(base)).get(kind);
    if (resource === undefined) {
      this.#groups.delete(base);
      throw new ApiError(`${apiVersion} ${kind}`, 404, "the server does not know this kind");
    }
    const inside = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : "";
    return `${base}${inside}/${resource.plural}`;
  }

  async isNamespaced({ apiVersion, kind }: Pick<Ref, "apiVersion" | "kind">): Promise<boolean> {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return (await this.#kindsOf(base)).get(kind)?.namespaced ?? false;
  }

  #kindsOf(base: string): Promise<Map<string, Resource>> {
    const known = this.#groups.get(base) ?? this.#ask(base);
    this.#groups.set(base, known);
    return known;
  }

  async #ask(base: string): Promise<Map<string, Resource>> {
    const { status, body } = await this.#send({ method: "GET", path: base });
    if (status !== 200) {
      this.#groups.delete(base);
      throw new ApiError(base, status, textAt(body, "message") ?? "");
    }
    return new Map(
      listAt(body, "resources")
        .map((each) => ({
          plural: textAt(each, "name") ?? "",
          kind: textAt(each, "kind") ?? "",
          namespaced: at(each, "namespaced") === true,
        }))
        .filter(({ plural }) => !plural.includes("/"))
        .map(({ kind, plural, namespaced }) => [kind, { plural, namespaced }]),
    );
  }
}
