type Random = (below: number) => number;

/** Bytes and runs of bytes on which decoders of lengths, varints, text and nesting stumble. */
const TELLING = [
  [0x00],
  [0x7f],
  [0x80],
  [0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0xc3, 0x28],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  ...['"', "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "\n", "\r\n", " ", "\0"].map(
    (text) => [...Buffer.from(text)],
  ),
  ...[
    "-0",
    "1e999",
    "9007199254740993",
    "null",
    "true",
    '"__proto__":{"a":1}',
    "NaN",
    "+290000-",
  ].map((text) => [...Buffer.from(text)]),
];

/** Longest input: what is longer tells nothing new and only takes time. */
const LONGEST = 64 * 1024;

/** An input made of the seeds by a few random changes, or rarely of random bytes alone. */
export function mutate(seeds: readonly Buffer[], random: Random): Buffer {
  if (random(50) === 0) return randomBytes(random(200), random);
  let bytes: Buffer = Buffer.from(pick(seeds, random));
  for (let changes = 1 + random(random(4) === 0 ? 12 : 3); changes > 0; changes -= 1) {
    bytes = change(bytes, seeds, random);
  }
  return bytes.length > LONGEST ? bytes.subarray(0, LONGEST) : bytes;
}

function change(bytes: Buffer, seeds: readonly Buffer[], random: Random): Buffer {
  const at = random(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random(random(3) === 0 ? 200 : 8));
  switch (random(9)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random(256);
      return bytes;
    case 2:
      if (at < bytes.length) bytes[at] = ((bytes[at] ?? 0) + random(5) - 2) & 0xff;
      return bytes;
    case 3:
      return bytes.subarray(0, at);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 5:
      return insert(bytes, at, Buffer.from(pick(TELLING, random)));
    case 6:
      return overwrite(bytes, at, Buffer.from(pick(TELLING, random)));
    case 7: {
      // A piece again and again: nesting, repeated keys, counts that no longer fit.
      const times = 1 + random(random(20) === 0 ? 2_000 : 4);
      return insert(
        bytes,
        at,
        Buffer.concat(Array.from({ length: times }, () => bytes.subarray(at, to))),
      );
    }
    default: {
      const other = pick(seeds, random);
      const from = random(other.length + 1);
      return insert(bytes, at, other.subarray(from, from + 1 + random(100)));
    }
  }
}

function insert(bytes: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function overwrite(bytes: Buffer, at: number, piece: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + piece.length)]);
}

function randomBytes(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

function pick<T>(values: readonly T[], random: Random): T {
  const value = values[random(values.length)];
  if (value === undefined) throw new RangeError("nothing to pick from");
  return value;
}
