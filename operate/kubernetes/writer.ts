import { findAccess, type AccessOptions } from "./access.ts";
import { answerFailure } from "./failures.ts";
import { nameOf, pathOf, type Kind } from "./kinds.ts";
import { readerOver, type Reader } from "./reader.ts";
import { parse, parsed } from "./requests.ts";
import { openTransport, type Call, type TransportOptions } from "./transport.ts";

/** What has to be true of an object for it to be deleted; the API server checks both in the same step. */
export type Precondition = { uid: string; resourceVersion?: string };

/** A cluster to change. No call is repeated by itself: whoever asked decides. */
export type Writer = Reader & {
  create(kind: Kind, namespace: string | undefined, object: unknown): Promise<unknown>;
  /**
   * A JSON merge patch: null removes a field. A resourceVersion in it guards against others' changes. A dry run is
   * judged by RBAC and admission, and changes nothing.
   */
  patch(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    patch: unknown,
    dryRun?: boolean,
  ): Promise<unknown>;
  /** Only the very object that was looked at: another of its name stays (`conflict`). */
  remove(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    precondition: Precondition,
    propagation?: "Background" | "Foreground" | "Orphan",
  ): Promise<unknown>;
};

export async function connectWriter(
  options: AccessOptions & TransportOptions = {},
): Promise<Writer> {
  const transport = openTransport(await findAccess(options), options);

  async function send(call: Call): Promise<unknown> {
    const answer = await transport.send(call);
    if (answer.status >= 200 && answer.status < 300) return parse(answer.text, call.asked.what);
    throw answerFailure(answer.status, parsed(answer.text), call.asked, transport.access.user);
  }

  const json = (type: string, value: unknown) => ({ type, text: JSON.stringify(value) });
  const describe = (kind: Kind, namespace: string | undefined, name?: string) =>
    [nameOf(kind), namespace === undefined ? name : `${namespace}/${name ?? ""}`]
      .filter((part) => part !== undefined && part !== "")
      .join(" ");

  return {
    ...readerOver(transport),
    create: (kind, namespace, object) =>
      send({
        method: "POST",
        path: pathOf(kind, namespace),
        asked: { verb: "create", what: describe(kind, namespace) },
        body: json("application/json", object),
      }),
    patch: (kind, namespace, name, patch, dryRun = false) =>
      send({
        method: "PATCH",
        path: `${pathOf(kind, namespace, name)}${dryRun ? "?dryRun=All" : ""}`,
        asked: { verb: "patch", what: describe(kind, namespace, name) },
        body: json("application/merge-patch+json", patch),
      }),
    remove: (kind, namespace, name, preconditions, propagationPolicy = "Background") =>
      send({
        method: "DELETE",
        path: pathOf(kind, namespace, name),
        asked: { verb: "delete", what: describe(kind, namespace, name) },
        body: json("application/json", {
          apiVersion: "v1",
          kind: "DeleteOptions",
          preconditions,
          propagationPolicy,
        }),
      }),
  };
}
