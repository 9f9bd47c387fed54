import * as fc from "fast-check";
import { expect, it } from "vitest";

import { tokensOf } from "../../../../apps/log-service/src/block/tokens.ts";
import type { Condition } from "../../../../apps/log-service/src/archive/port.ts";
import type { Subject } from "./subject.ts";
import { archivable, commit, messagesOf, NOW } from "../samples.ts";

export function describeConditions(subject: () => Subject): void {
  async function found(messages: readonly string[], condition: Condition): Promise<string[]> {
    const { move, reader } = subject();
    await move(
      commit(
        1,
        1,
        messages.map((message, index) => archivable({ ms: NOW + index, message })),
      ),
    );
    return messagesOf(reader, { condition });
  }

  it("finds whole words in either case, and lets a word's beginning through where it is asked for", async () => {
    const messages = ["Connection refused", "connections", "re_fused", "refused-connection", "no"];
    const whole = await found(messages, { kind: "word", text: "connection", isPrefix: false });
    expect(whole).toEqual(expect.arrayContaining(["Connection refused", "refused-connection"]));
    expect(whole).not.toContain("no");
    const { reader } = subject();
    const begun = await messagesOf(reader, {
      condition: { kind: "word", text: "connection", isPrefix: true },
    });
    expect(begun).toEqual(expect.arrayContaining(["Connection refused", "connections"]));
    expect(begun).not.toContain("no");
  });

  it("finds every word of every message, as our own rule cuts them", async () => {
    const { move, reader } = subject();
    const awkward = fc.string({
      unit: fc.constantFrom(..."aBz09_-./:@'\"\\&|!()<>* \n\tßéİ漢😀".split("")),
      maxLength: 30,
    });
    const messages = [
      ...fc.sample(awkward, { numRuns: 25, seed: 3 }),
      ...fc.sample(fc.string({ unit: "grapheme", maxLength: 30 }), { numRuns: 25, seed: 4 }),
      `long ${"x".repeat(5_000)} tail`,
      "https://example.org/a/b?c=d&e=f user@example.org 1e5 -12.5 0x1f v1.2.3-rc4",
    ].map((message) => message.replaceAll("\0", "").toWellFormed());
    await move(
      commit(
        1,
        1,
        messages.map((message) => archivable({ message })),
      ),
    );
    for (const message of messages) {
      for (const token of new Set(tokensOf(message))) {
        const whole = { kind: "word", text: token, isPrefix: false } as const;
        expect(await messagesOf(reader, { condition: whole })).toContain(message);
        const begun = token.slice(0, Math.ceil(token.length / 2)).toWellFormed();
        if (begun !== token && begun.includes("\ufffd")) continue;
        const prefix = { kind: "word", text: begun, isPrefix: true } as const;
        expect(await messagesOf(reader, { condition: prefix })).toContain(message);
      }
    }
  });

  it("lets through what holds a text, its letters in either case where that is asked for", async () => {
    const messages = ["50% of a_b", "50 percent", "\\d+ Ärger", "ÄRGER \\D+", "a*b"];
    const asked: [text: string, ignoreCase: boolean, must: string[]][] = [
      ["50% o", false, ["50% of a_b"]],
      ["a_b", false, ["50% of a_b"]],
      ["\\d+", false, ["\\d+ Ärger"]],
      ["\\D+", true, ["\\d+ Ärger", "ÄRGER \\D+"]],
      ["ärger", true, ["\\d+ Ärger", "ÄRGER \\D+"]],
      ["", false, messages],
    ];
    const { move, reader } = subject();
    await move(
      commit(
        1,
        1,
        messages.map((message) => archivable({ message })),
      ),
    );
    for (const [text, ignoreCase, must] of asked) {
      const condition: Condition = { kind: "contains", text, ignoreCase };
      expect(await messagesOf(reader, { condition })).toEqual(expect.arrayContaining(must));
    }
    const percent: Condition = { kind: "contains", text: "50%", ignoreCase: false };
    expect(await messagesOf(reader, { condition: percent })).not.toContain("50 percent");
  });

  it("compares values of the metadata by type, alone or among the elements of an array", async () => {
    const { move, reader } = subject();
    const mixed = '{"n":[true,"x",1,null]}';
    const documents = [
      '{"n":1}',
      '{"n":1.0}',
      '{"n":"1"}',
      '{"n":[0,1]}',
      mixed,
      '{"n":[[1]]}',
      '{"n":{"1":1}}',
      '{"n":true}',
      '{"n":1e-7}',
      '{"n":9007199254740993}',
      '{"a":{"n":1}}',
      '{"a":[{"n":1}]}',
    ];
    await move(
      commit(
        1,
        1,
        documents.map((metadata) => archivable({ metadata, message: metadata })),
      ),
    );
    const asked = async (value: string | number | boolean, path = ["n"]): Promise<string[]> =>
      messagesOf(reader, { condition: { kind: "metadata", path, value } });
    expect(await asked(1)).toEqual(['{"n":1}', '{"n":1.0}', '{"n":[0,1]}', mixed]);
    expect(await asked("1")).toEqual(['{"n":"1"}']);
    expect(await asked(true)).toEqual([mixed, '{"n":true}']);
    expect(await asked(1e-7)).toEqual(['{"n":1e-7}']);
    expect(await asked(9007199254740992)).toEqual(['{"n":9007199254740993}']);
    expect(await asked(1, ["a", "n"])).toEqual(['{"a":{"n":1}}']);
    expect(await asked(1, ["n", "1"])).toEqual(['{"n":{"1":1}}']);
    const any: Condition = {
      kind: "any",
      of: [
        { kind: "metadata", path: ["n"], value: "1" },
        { kind: "metadata", path: ["n"], value: 1e-7 },
        { kind: "contains", text: '"a":{', ignoreCase: false },
      ],
    };
    const found = await messagesOf(reader, { condition: any });
    expect(found).toEqual(['{"n":"1"}', '{"n":1e-7}', '{"a":{"n":1}}']);
  });

  it("an empty 'all' lets everything through, an empty 'any' nothing", async () => {
    expect(await found(["a"], { kind: "all", of: [] })).toEqual(["a"]);
    const { reader } = subject();
    expect(await messagesOf(reader, { condition: { kind: "any", of: [] } })).toEqual([]);
    expect(await messagesOf(reader, { condition: { kind: "level", levels: [] } })).toEqual([]);
  });

  it("attack: SQL in every field of a question and of a record is text", async () => {
    const { move, reader } = subject();
    const evil = `'; DROP TABLE neurallog.logs; --"$1 \\'); SELECT pg_sleep(9) /*`;
    const record = archivable({
      message: evil,
      source: evil,
      traceId: evil,
      spanId: evil,
      tags: JSON.stringify([evil]),
      metadata: JSON.stringify({ [evil]: { deep: evil } }),
    });
    await move(commit(1, 1, [record]));
    const conditions: Condition[] = [
      ...(["source", "trace_id", "span_id"] as const).map((field): Condition => ({
        kind: "is",
        field,
        values: [evil],
      })),
      { kind: "metadata", path: [evil, "deep"], value: evil },
      { kind: "contains", text: evil, ignoreCase: true },
      { kind: "contains", text: evil, ignoreCase: false },
      ...tokensOf(evil).map((text): Condition => ({ kind: "word", text, isPrefix: false })),
    ];
    for (const condition of conditions) {
      expect(await messagesOf(reader, { condition })).toEqual([evil]);
    }
    const nothing: Condition[] = [
      { kind: "is", field: "id", values: [evil] },
      { kind: "is", field: "namespace", values: [evil] },
      { kind: "metadata", path: ["x", evil], value: evil },
    ];
    for (const condition of nothing) {
      expect(await messagesOf(reader, { condition })).toEqual([]);
    }
    // What no token may hold is asked for all the same: it must neither fail nor do harm.
    const word: Condition = { kind: "word", text: evil, isPrefix: true };
    expect(await messagesOf(reader, { condition: word })).toBeInstanceOf(Array);
    expect(await messagesOf(reader, { namespaces: { only: [evil] } })).toEqual([]);
    expect(await messagesOf(reader, { within: [[evil, evil]] })).toEqual([]);
    expect(await messagesOf(reader, { behind: { ms: 0, nanos: 0, id: evil } })).toEqual([evil]);
    expect(await messagesOf(reader)).toEqual([evil]);
  });

  it("attack: a NUL and half a pair in every field of a question find nothing and fail nothing", async () => {
    const { move, reader } = subject();
    await move(commit(1, 1, [archivable({ message: "here" })]));
    for (const bad of ["\0", "\ud800"]) {
      const conditions: Condition[] = [
        { kind: "is", field: "source", values: [bad] },
        { kind: "is", field: "id", values: [bad] },
        { kind: "metadata", path: [bad], value: bad },
        { kind: "contains", text: bad, ignoreCase: true },
        { kind: "word", text: bad, isPrefix: false },
      ];
      for (const condition of conditions) {
        expect(await messagesOf(reader, { condition })).toEqual([]);
      }
      expect(await messagesOf(reader, { namespaces: { only: [bad] } })).toEqual([]);
    }
  });
}
