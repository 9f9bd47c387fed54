import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { KINDS } from "../../../operate/kubernetes/kinds.ts";
import { connectReader, type Reader } from "../../../operate/kubernetes/reader.ts";
import { textAt } from "../../../tools/values.ts";
import { TestAuthority } from "../../log-service/http/tls/certificates.ts";
import { fakeServer, json, kubeconfigFor, list, refusal } from "../support/api-server.ts";

const fake = await fakeServer();
let reader: Reader;

beforeAll(async () => {
  reader = await connectReader({ kubeconfig: fake.kubeconfig, timeout: 1_000 });
});
beforeEach(() => {
  fake.paths.clear();
  fake.requests.length = 0;
});
afterAll(async () => {
  reader.close();
  await fake[Symbol.asyncDispose]();
});

const PODS = "/api/v1/pods";
const name = (object: unknown) => textAt(object, "metadata", "name");
const pods = () => reader.list(KINDS.pods, {}, name);

describe("a list", () => {
  it("is read page by page", async () => {
    fake.paths.set(PODS, (request, response, url) => {
      const token = url.searchParams.get("continue") ?? "0";
      const items = [{ metadata: { name: `pod-${token}` } }];
      const metadata =
        token === "2" ? { resourceVersion: "9" } : { continue: `${Number(token) + 1}` };
      json(200, { items, metadata })(request, response, url);
    });
    expect(await pods()).toEqual({ items: ["pod-0", "pod-1", "pod-2"], version: "9" });
    expect(fake.requests.map(({ query }) => query.get("limit"))).toEqual(["250", "250", "250"]);
  });

  it("begins again when its continue token has expired", async () => {
    let tries = 0;
    fake.paths.set(PODS, (request, response, url) => {
      if (url.searchParams.has("continue") && ++tries === 1) {
        return refusal(410, "The provided continue parameter is too old")(request, response, url);
      }
      const isFirst = !url.searchParams.has("continue");
      const metadata = isFirst ? { continue: "next" } : { resourceVersion: "9" };
      json(200, { items: [{ metadata: { name: isFirst ? "a" : "b" } }], metadata })(
        request,
        response,
        url,
      );
    });
    expect((await pods()).items).toEqual(["a", "b"]);
  });

  it("that never ends is given up", async () => {
    fake.paths.set(PODS, json(200, { items: [], metadata: { continue: "more" } }));
    await expect(pods()).rejects.toMatchObject({ code: "list-expired" });
  });

  it("is asked for again when the server asks for patience", async () => {
    let tries = 0;
    fake.paths.set(PODS, (request, response, url) => {
      tries += 1;
      if (tries > 1) return list([{ metadata: { name: "a" } }])(request, response, url);
      response.setHeader("retry-after", "0");
      refusal(429, "too many requests")(request, response, url);
    });
    expect((await pods()).items).toEqual(["a"]);
  });

  it("is asked for again when the connection broke", async () => {
    let tries = 0;
    fake.paths.set(PODS, (request, response, url) => {
      tries += 1;
      if (tries === 1) return void request.socket.destroy();
      list([{ metadata: { name: "a" } }])(request, response, url);
    });
    expect((await pods()).items).toEqual(["a"]);
  });

  it("escapes names that would be another path", async () => {
    await expect(reader.get(KINDS.pods, "a/../b", "c?d")).rejects.toMatchObject({
      code: "kind-missing",
    });
    expect(fake.requests[0]?.path).toBe("/api/v1/namespaces/a%2F..%2Fb/pods/c%3Fd");
  });
});

describe("in plain words with a code:", () => {
  it("a user that is not known", async () => {
    fake.paths.set(PODS, refusal(401, "Unauthorized"));
    await expect(pods()).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringContaining("'somebody'"),
    });
  });

  it("a right that is missing, with verb and resource", async () => {
    fake.paths.set(PODS, refusal(403, 'pods is forbidden: User "x" cannot list'));
    await expect(pods()).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("you may not list pods in all namespaces"),
    });
  });

  it("a definition that is missing", async () => {
    await expect(reader.list(KINDS.applications, {}, name)).rejects.toMatchObject({
      code: "kind-missing",
      message: expect.stringContaining("applications.argoproj.io"),
    });
  });

  it("an object that is not there is no error at all", async () => {
    fake.paths.set(`/api/v1/namespaces/a/pods/b`, refusal(404, "not found", { name: "b" }));
    expect(await reader.get(KINDS.pods, "a", "b")).toBeUndefined();
  });

  it.each([
    ["half JSON", '{"items": [{"metadata"'],
    ["nothing", ""],
    ["a page of a proxy", "<html>log in</html>"],
    ["no list", "{}"],
    ["null", "null"],
  ])("an answer that is %s", async (_, text) => {
    fake.paths.set(PODS, (_request, response) => void response.end(text));
    await expect(pods()).rejects.toMatchObject({ code: "answer-unreadable" });
  });

  it("an answer that is cut in its middle", async () => {
    fake.paths.set(PODS, (request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"items": [');
      setTimeout(() => request.socket.destroy(), 20);
    });
    await expect(pods()).rejects.toMatchObject({
      code: "server-down",
      message: expect.stringContaining("the connection was cut"),
    });
  });

  it("an answer without end", async () => {
    fake.paths.set(PODS, (_, response) => {
      const chunk = Buffer.alloc(8 * 1024 * 1024, " ");
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const patient = await connectReader({ kubeconfig: fake.kubeconfig });
    await expect(patient.list(KINDS.pods, {}, name)).rejects.toMatchObject({
      code: "answer-too-large",
    });
    patient.close();
  });

  it("a server that fails", async () => {
    fake.paths.set(PODS, refusal(500, "etcdserver: no leader"));
    await expect(pods()).rejects.toMatchObject({
      code: "server-failed",
      message: expect.stringContaining("no leader"),
    });
  });

  it("a server that is slow", async () => {
    fake.paths.set(PODS, () => undefined);
    await expect(pods()).rejects.toMatchObject({
      code: "server-slow",
      message: expect.stringContaining("within 1 s"),
    });
  });

  it("a server that begins an answer and never ends it", async () => {
    fake.paths.set(PODS, (_, response) => {
      response.writeHead(200);
      response.write("{");
    });
    await expect(pods()).rejects.toMatchObject({ code: "server-slow" });
  });

  it("a server that is down", async () => {
    const other = await fakeServer();
    await other.stop();
    const lost = await connectReader({ kubeconfig: other.kubeconfig });
    await expect(lost.list(KINDS.pods, {}, name)).rejects.toMatchObject({
      code: "server-down",
      message: expect.stringContaining(other.server),
    });
    lost.close();
    await other.restart();
    await other[Symbol.asyncDispose]();
  });

  it("a name that has no address", async () => {
    const kubeconfig = fake.write("dns", kubeconfigFor("https://api.invalid:6443", ""));
    const lost = await connectReader({ kubeconfig });
    await expect(lost.list(KINDS.pods, {}, name)).rejects.toMatchObject({ code: "server-down" });
    lost.close();
  });

  it("a certificate of another authority", async () => {
    const stranger = await TestAuthority.open("CN=Stranger");
    const kubeconfig = fake.write("stranger", kubeconfigFor(fake.server, stranger.cert));
    const wary = await connectReader({ kubeconfig });
    await expect(wary.list(KINDS.pods, {}, name)).rejects.toMatchObject({
      code: "certificate-not-trusted",
    });
    wary.close();
    expect(fake.requests).toEqual([]);
  });
});

it("no more than the limit are asked at once", async () => {
  let open = 0;
  let most = 0;
  fake.otherwise = (request, response, url) => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      list([])(request, response, url);
    }, 5);
  };
  await Promise.all(Array.from({ length: 40 }, pods));
  expect(most).toBe(6);
});
