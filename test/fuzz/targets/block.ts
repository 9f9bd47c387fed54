import { DamagedBlockError } from "../../../apps/log-service/src/block/bytes.ts";
import { encodeBlock } from "../../../apps/log-service/src/block/encode.ts";
import { packBody, SECTIONS } from "../../../apps/log-service/src/block/frames.ts";
import { readHeader, type BlockHeader } from "../../../apps/log-service/src/block/header.ts";
import { mayHaveToken } from "../../../apps/log-service/src/block/token-filter.ts";
import { openBlock, sealBlock } from "../../../apps/log-service/src/block/seal.ts";
import type { PreparedRecord } from "../../../apps/log-service/src/record/record.ts";
import type { FuzzTarget } from "../fuzz.ts";

const record = (fields: Partial<PreparedRecord> = {}): PreparedRecord => ({
  namespace: "default",
  ms: 1_767_323_045_000,
  nanos: 0,
  digits: 3,
  received: 1_767_323_046_000,
  level: 2,
  message: "a message of user 17",
  source: "",
  traceId: "",
  spanId: "",
  tags: "",
  metadata: "",
  ...fields,
});

const small = [
  record({ source: "web", traceId: "t1", metadata: '{"a":{"b":1},"c":[1,2]}', tags: '["x"]' }),
  record({ nanos: 123_456, digits: 9, traceId: "0af7651916cd43dd8448eb211c80319c" }),
];
const runs = [
  { major: 5, minor: 0, index: 3, count: 1 },
  { major: 9, minor: 1, index: 0, count: 1 },
];
const headers = await Promise.all(
  [encodeBlock(small), encodeBlock(small, { runs })].map(
    async (raw) => (await sealBlock(raw)).header,
  ),
);

const many = Array.from({ length: 80 }, (_, row) =>
  record({
    message: `user ${row} from 10.0.0.${row} id ab12cd${10 + (row % 80)} took x${row}y`,
    metadata: `{"user":${row * 7919},"host":"web-${row % 3}","deep":{"list":[${row}]}}`,
    traceId: `0af7651916cd43dd8448eb211c803${100 + row}`,
    spanId: row % 3 === 0 ? "b7ad6b7169203331" : "",
    source: row % 2 === 0 ? "web" : "",
  }),
);

const bodies = await Promise.all(
  [small, many].map(async (records) => {
    const { header, body } = await sealBlock(encodeBlock(records));
    return { header: readHeader(header), body };
  }),
);
const [smallBlock, largeBlock] = bodies;
const whole = encodeBlock(many);
const sections = whole.sections.map(({ bytes }) => bytes);

/** Everything that a search may ask of a block. */
async function readAll(header: BlockHeader, body: Uint8Array): Promise<void> {
  const rows = await openBlock("default", { ...header, bodyBytes: body.length }, body);
  for (const text of ["user", "10.0", "x7"]) rows.messageMask({ text, start: "any", end: "word" });
  rows.eachValue("deep.list", () => undefined);
  const { texts, ids } = rows.membersAt("deep");
  if (ids.some((id) => id >= texts.length)) throw new TypeError("a member has no text");
  const touch = () => undefined;
  rows.eachLeaf((keys) => keys.length > 0, touch, touch);
  rows.traceMask("0af7651916cd43dd8448eb211c80319c");
  if (rows.templates.texts.length > rows.count) throw new TypeError("too many templates");
  for (let row = 0; row < rows.count; row += 1) rows.record(row);
}

/** A body with one section replaced by the input: past the checksums, where only decoders look. */
async function readSection(index: number, input: Buffer): Promise<void> {
  const changed = sections.map((bytes, at) => ({
    bytes: at === index ? input : bytes,
    staysRaw: true,
  }));
  const rawBytes = changed.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const body = await packBody(changed, true);
  const header = { ...whole.summary, rawBytes, bodyBytes: body.length };
  await readAll(header, body);
}

const isDamage = (error: unknown) => error instanceof DamagedBlockError;

export const targets: readonly FuzzTarget[] = [
  {
    name: "block-header",
    seeds: headers,
    run: (input) => void readHeader(input),
    allows: isDamage,
  },
  {
    name: "block-body",
    seeds: bodies.map(({ body }) => body),
    run: async (input) => {
      for (const block of [smallBlock, largeBlock]) {
        if (block !== undefined) await readAll(block.header, input);
      }
    },
    allows: isDamage,
  },
  ...SECTIONS.map((name, index) => ({
    name: `block-${name}`,
    seeds: [sections[index] ?? Buffer.alloc(0), Buffer.alloc(0)],
    run: (input: Buffer) => readSection(index, input),
    allows: isDamage,
  })),
  {
    name: "token-filter",
    seeds: [Buffer.alloc(8, 0xff), Buffer.alloc(0)],
    run: (input) => void mayHaveToken(input, input.toString("latin1", 0, 20)),
    allows: () => false,
  },
];
