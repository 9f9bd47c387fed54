import { createInterface } from "node:readline";

import { ApiError } from "../errors.ts";
import { type Connection } from "./kubeconfig.ts";
import { at, type Body, listAt, type Manifest, type Ref, textAt, titleOf } from "./object.ts";
import { Resources } from "./resources.ts";
import { type Answer, type Call, Transport } from "./transport.ts";

/** `GET` and the like on an object, or on the raw path of anything else. */
export type Target = string | (Ref & { subresource?: string });

export interface WriteOptions {
  /** Whether the server only says what it would do. */
  dryRun?: boolean;
  fieldManager?: string;
  subresource?: string;
}

export interface ApplyOptions extends WriteOptions {
  /** Whether fields of other managers are taken over. */
  force?: boolean;
}

const PATCHES = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

/** An API server as one user sees it. Nothing here throws for a refusal: `status` says it. */
export class Api {
  readonly #transport: Transport;
  readonly #resources: Resources;
  readonly #headers: Readonly<Record<string, string | string[]>>;
  readonly #connection: Connection;

  constructor(
    connection: Connection,
    shared?: { transport: Transport; resources: Resources },
    headers: Readonly<Record<string, string | string[]>> = {},
  ) {
    this.#connection = connection;
    this.#transport = shared?.transport ?? new Transport(connection);
    this.#resources = shared?.resources ?? new Resources((call) => this.#transport.send(call));
    this.#headers = headers;
  }

  get server(): string {
    return this.#connection.server;
  }

  /** The same server as somebody else, by impersonation: RBAC and admission see that user. */
  as({ user, groups = [] }: { user: string; groups?: readonly string[] }): Api {
    const who = { "impersonate-user": user, "impersonate-group": [...groups] };
    return new Api(
      this.#connection,
      { transport: this.#transport, resources: this.#resources },
      who,
    );
  }

  /** As a namespace's service account, with the groups that its token would carry. */
  asServiceAccount(namespace: string, name: string): Api {
    return this.as({
      user: `system:serviceaccount:${namespace}:${name}`,
      groups: [
        "system:serviceaccounts",
        `system:serviceaccounts:${namespace}`,
        "system:authenticated",
      ],
    });
  }

  withToken(token: string): Api {
    const none = { clientCertificate: undefined, clientKey: undefined };
    const connection = { ...this.#connection, ...none, token };
    return new Api(connection, {
      transport: new Transport(connection),
      resources: this.#resources,
    });
  }

  request(call: Call): Promise<Answer> {
    return this.#transport.send({ ...call, headers: { ...this.#headers, ...call.headers } });
  }

  async get(target: Target): Promise<Answer> {
    return await this.request({ method: "GET", path: await this.#pathOf(target) });
  }

  /** @param query such as `labelSelector=...`, encoded */
  async list(
    kind: Pick<Ref, "apiVersion" | "kind">,
    namespace?: string,
    query = "",
  ): Promise<Answer> {
    const path = await this.#resources.collection(kind, namespace);
    return await this.request({ method: "GET", path: query === "" ? path : `${path}?${query}` });
  }

  /** The objects of a list; throws where they may not be listed. */
  async items(
    kind: Pick<Ref, "apiVersion" | "kind">,
    namespace?: string,
    query = "",
  ): Promise<Body[]> {
    const answer = await this.list(kind, namespace, query);
    expectOk(`list ${kind.kind}`, answer);
    return listAt(answer.body, "items").filter(
      (item): item is Body => typeof item === "object" && item !== null,
    );
  }

  async create(manifest: Manifest, options: WriteOptions = {}): Promise<Answer> {
    const path = await this.#resources.collection(manifest, manifest.metadata.namespace);
    const sub = options.subresource && `/${manifest.metadata.name}/${options.subresource}`;
    return await this.request({
      method: "POST",
      path: `${path}${sub ?? ""}${query(options)}`,
      body: manifest,
    });
  }

  /** @param options `path` for what is not addressed by its own kind, such as a Scale */
  async update(
    manifest: Manifest,
    options: WriteOptions & { path?: string } = {},
  ): Promise<Answer> {
    const path = options.path ?? (await this.#pathOf(manifest, options.subresource));
    return await this.request({ method: "PUT", path: path + query(options), body: manifest });
  }

  async patch(
    target: Target,
    patch: unknown,
    options: WriteOptions & { type?: keyof typeof PATCHES } = {},
  ): Promise<Answer> {
    const path = await this.#pathOf(target, options.subresource);
    return await this.request({
      method: "PATCH",
      path: path + query(options),
      body: patch,
      contentType: PATCHES[options.type ?? "merge"],
    });
  }

  /** Server-side apply; `force` unless told otherwise, as Argo CD does it. */
  async apply(manifest: Manifest, options: ApplyOptions = {}): Promise<Answer> {
    const path = await this.#pathOf(manifest, options.subresource);
    const { force = true, fieldManager = "neurallog-test" } = options;
    return await this.request({
      method: "PATCH",
      path: `${path}${query({ ...options, fieldManager })}&force=${force}`,
      body: manifest,
      contentType: "application/apply-patch+yaml",
    });
  }

  async delete(target: Target, body?: unknown, options: WriteOptions = {}): Promise<Answer> {
    return await this.request({
      method: "DELETE",
      path: (await this.#pathOf(target)) + query(options),
      body,
    });
  }

  /**
   * What happens to a collection from now on, one event at a time, until the signal.
   * @param path with `watch=true` and whatever else in its query
   */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<{ type: string; object: Body }> {
    const response = await this.#transport.open({ method: "GET", path, headers: this.#headers });
    signal.addEventListener("abort", () => response.destroy(), { once: true });
    // A watch is quiet for as long as nothing happens.
    response.socket.setTimeout(0);
    const lines = createInterface({ input: response });
    try {
      for await (const line of lines) {
        const event: unknown = JSON.parse(line);
        const object = at(event, "object");
        yield {
          type: textAt(event, "type") ?? "",
          object: typeof object === "object" && object !== null ? { ...object } : {},
        };
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Whether this user may, by RBAC, as `kubectl auth can-i` asks. */
  async can(
    verb: string,
    resource: { group?: string; resource: string; subresource?: string; name?: string },
    namespace?: string,
  ): Promise<boolean> {
    const answer = await this.create({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      metadata: {},
      spec: { resourceAttributes: { verb, namespace, ...resource } },
    });
    expectOk("SelfSubjectAccessReview", answer);
    return at(answer.body, "status", "allowed") === true;
  }

  /** Forgets which kinds there are: after definitions were installed. */
  forgetKinds(): void {
    this.#resources.forget();
  }

  close(): void {
    this.#transport.close();
  }

  async #pathOf(target: Target, sub?: string): Promise<string> {
    if (typeof target === "string") return target;
    const { name, namespace } = target.metadata;
    if (name === undefined) throw new Error(`${titleOf(target)} has no name`);
    const path = `${await this.#resources.collection(target, namespace)}/${encodeURIComponent(name)}`;
    const part = sub ?? target.subresource;
    return typeof part === "string" ? `${path}/${part}` : path;
  }
}

function query({ dryRun, fieldManager }: WriteOptions): string {
  const parts = new URLSearchParams({
    ...(dryRun === true ? { dryRun: "All" } : {}),
    ...(fieldManager === undefined ? {} : { fieldManager }),
  });
  return `?${parts}`;
}

/** @throws ApiError unless the answer is a success */
export function expectOk(what: string, { status, body }: Answer): Body {
  if (status >= 200 && status < 300) return body;
  throw new ApiError(what, status, textAt(body, "message") ?? JSON.stringify(body));
}
