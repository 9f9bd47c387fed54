import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { KINDS } from "../../../operate/kubernetes/kinds.ts";
import { connectWriter, type Writer } from "../../../operate/kubernetes/writer.ts";
import { fakeServer, json, refusal } from "../support/api-server.ts";

const fake = await fakeServer();
let writer: Writer;
beforeAll(async () => {
  writer = await connectWriter({ kubeconfig: fake.kubeconfig, timeout: 1_000 });
});
beforeEach(() => {
  fake.paths.clear();
  fake.requests.length = 0;
});
afterAll(async () => {
  writer.close();
  await fake[Symbol.asyncDispose]();
});

const PATH = "/api/v1/namespaces/tenant-acme";

/** Answers, and keeps what was sent. */
function keep(): { type: string | undefined; body: unknown }[] {
  const kept: { type: string | undefined; body: unknown }[] = [];
  fake.paths.set(PATH, (request, response, url) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    request.on("end", () => {
      kept.push({ type: request.headers["content-type"], body: JSON.parse(text) });
      json(200, {})(request, response, url);
    });
  });
  return kept;
}

it("deletes only the object of the uid that was looked at", async () => {
  const kept = keep();
  await writer.remove(KINDS.namespaces, undefined, "tenant-acme", {
    uid: "u",
    resourceVersion: "5",
  });
  expect(kept).toEqual([
    {
      type: "application/json",
      body: {
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions: { uid: "u", resourceVersion: "5" },
        propagationPolicy: "Background",
      },
    },
  ]);
});

it("another object of that name is a conflict", async () => {
  fake.paths.set(
    PATH,
    refusal(409, "Precondition failed: UID in precondition: u, UID in object meta: v"),
  );
  await expect(
    writer.remove(KINDS.namespaces, undefined, "tenant-acme", { uid: "u" }),
  ).rejects.toMatchObject({ code: "conflict" });
});

it("patches by merge", async () => {
  const kept = keep();
  await writer.patch(KINDS.namespaces, undefined, "tenant-acme", {
    metadata: { labels: { a: null } },
  });
  expect(kept[0]).toEqual({
    type: "application/merge-patch+json",
    body: { metadata: { labels: { a: null } } },
  });
});

it("an admission policy's refusal is told in its own words", async () => {
  fake.paths.set(PATH, refusal(422, "ValidatingAdmissionPolicy 'neurallog-x' denied request: no"));
  await expect(writer.patch(KINDS.namespaces, undefined, "tenant-acme", {})).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining("'neurallog-x'"),
  });
});

it.each([
  ["fails", refusal(503, "not now")],
  ["asks for patience", refusal(429, "later")],
])("repeats nothing when the server %s: whoever asked decides", async (_, handler) => {
  fake.paths.set(PATH, handler);
  await expect(
    writer.remove(KINDS.namespaces, undefined, "tenant-acme", { uid: "u" }),
  ).rejects.toMatchObject({ code: "server-failed" });
  expect(fake.requests.length).toBe(1);
});
