import { findAccess, type AccessOptions } from "./access.ts";
import { answerFailure } from "./failures.ts";
import { nameOf, type Kind } from "./kinds.ts";
import { readerOver, type Reader } from "./reader.ts";
import { parse, parsed } from "./requests.ts";
import { openTransport, type TransportOptions } from "./transport.ts";
import { at, listAt, textAt } from "../../tools/values.ts";

export type Wish = { verb: string; kind: Kind; namespace?: string; name?: string };

/** A reader that may also ask about its own rights. Reviews are posted, but nothing is ever stored of them. */
export type Asker = Reader & {
  whoAmI(): Promise<{ user: string; groups: string[] }>;
  mayI(wish: Wish): Promise<boolean>;
};

export async function connectAsker(options: AccessOptions & TransportOptions = {}): Promise<Asker> {
  const transport = openTransport(await findAccess(options), options);

  /** No other path is ever posted to than those of the two reviews. */
  async function review(
    group: "authentication.k8s.io" | "authorization.k8s.io",
    kind: "SelfSubjectReview" | "SelfSubjectAccessReview",
    spec: object,
  ): Promise<unknown> {
    const apiVersion = `${group}/v1`;
    const asked = { verb: "create", what: `${kind.toLowerCase()}s` };
    const answer = await transport.send({
      method: "POST",
      path: `/apis/${apiVersion}/${kind.toLowerCase()}s`,
      asked,
      body: { type: "application/json", text: JSON.stringify({ apiVersion, kind, spec }) },
    });
    if (answer.status >= 200 && answer.status < 300) return parse(answer.text, asked.what);
    throw answerFailure(answer.status, parsed(answer.text), asked, transport.access.user);
  }

  return {
    ...readerOver(transport),
    whoAmI: async () => {
      const answer = await review("authentication.k8s.io", "SelfSubjectReview", {});
      return {
        user: textAt(answer, "status", "userInfo", "username") ?? "",
        groups: listAt(answer, "status", "userInfo", "groups").map(String),
      };
    },
    mayI: async ({ verb, kind, namespace, name }) => {
      const resourceAttributes = {
        verb,
        group: kind.group,
        version: kind.version,
        resource: kind.plural,
        ...(namespace === undefined ? {} : { namespace }),
        ...(name === undefined ? {} : { name }),
      };
      const answer = await review("authorization.k8s.io", "SelfSubjectAccessReview", {
        resourceAttributes,
      });
      return at(answer, "status", "allowed") === true;
    },
  };
}

/** Like `create namespaces`. */
export const wishOf = ({ verb, kind, namespace }: Wish): string =>
  `${verb} ${nameOf(kind)}${namespace === undefined ? "" : ` in ${namespace}`}`;
