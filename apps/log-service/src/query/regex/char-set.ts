/** Which characters one place of an expression takes: a flag for each of ASCII, and one for all others. */
export type CharSet = Uint8Array;

const OTHERS = 128;

export function emptySet(): CharSet {
  return new Uint8Array(OTHERS + 1);
}

export function rangeSet(from: number, to: number): CharSet {
  return emptySet().fill(1, from, to + 1);
}

export function setOf(characters: string): CharSet {
  const set = emptySet();
  for (let at = 0; at < characters.length; at += 1) set[characters.charCodeAt(at)] = 1;
  return set;
}

/** Adds to the first one. */
export function addSet(set: CharSet, more: CharSet): CharSet {
  more.forEach((isIn, at) => {
    if (isIn === 1) set[at] = 1;
  });
  return set;
}

export function oppositeSet(set: CharSet): CharSet {
  return set.map((isIn) => 1 - isIn);
}

export function areDisjoint(a: CharSet, b: CharSet): boolean {
  return a.every((isIn, at) => isIn === 0 || b[at] === 0);
}

/** With the other case of each ASCII letter. */
export function anyCaseSet(set: CharSet): CharSet {
  const folded = Uint8Array.from(set);
  for (let upper = 0x41; upper <= 0x5a; upper += 1) {
    const isIn = (set[upper] ?? 0) | (set[upper + 0x20] ?? 0);
    folded[upper] = isIn;
    folded[upper + 0x20] = isIn;
  }
  return folded;
}

/** As the inside of a class in V8's dialect. */
export function classText(set: CharSet): string {
  let text = "";
  for (let at = 0; at < OTHERS; at += 1) {
    if (set[at] === 1) text += `\\x${at.toString(16).padStart(2, "0")}`;
  }
  return set[OTHERS] === 1 ? `${text}\\u{80}-\\u{10ffff}` : text;
}
