/** What JSON is made of. */

/** What the byte after a backslash means; 0 if nothing, or a code of four digits. */
export function meaningOf(escape: u32): u32 {
  switch (escape) {
    case 0x22:
    case 0x5c:
    case 0x2f:
      return escape;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

export function isDigit(byte: u32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

/** What may follow a whole number: not its fraction or exponent. */
export function isAfterNumber(byte: u32): bool {
  return byte == 0x2c || byte == 0x7d || byte == 0x20 || byte == 0x0a || byte == 0x0d;
}

/** Past JSON's white space. */
// @ts-ignore: decorator
@inline
export function skip(start: usize, end: usize): usize {
  let at = start;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte > 0x20 || (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09)) break;
    at += 1;
  }
  return at;
}
