/** Message templates that blocks have in common, each once. They are never taken out of a dictionary. */
export class TemplateDictionary {
  /** One character a byte, in lower case (`lowerBytes`). */
  readonly texts: string[] = [];
  readonly #known = new Map<string, number>();
  /** What it holds in memory, roughly. */
  bytes = 0;

  idOf(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    // A copy: V8 keeps a block's whole text alive for a part of it.
    const own = Buffer.from(text, "latin1").toString("latin1");
    const id = this.texts.push(own) - 1;
    this.#known.set(own, id);
    this.bytes += own.length + ENTRY_BYTES;
    return id;
  }
}

/** A string's head, and its places in a list and a map. */
const ENTRY_BYTES = 100;

/** A block's messages as far as their templates tell. */
export interface TemplateRows {
  readonly dictionary: TemplateDictionary;
  /** The block's templates, in the dictionary. */
  readonly templates: Uint32Array;
  /** For each row its template among the block's. */
  readonly rows: Uint8Array | Uint16Array | Uint32Array;
}

/** What a template says of the messages that are made from it. */
export const NO_MESSAGE = 1;
export const EVERY_MESSAGE = 2;
/** It depends on the variables. */
export const SOME_MESSAGES = 3;

export type TemplateVerdict = typeof NO_MESSAGE | typeof EVERY_MESSAGE | typeof SOME_MESSAGES;

/** Judges each template of a dictionary once, when a block that has it is first looked at. */
export class TemplateJudge {
  readonly #judge: (text: string) => TemplateVerdict;
  #dictionary: TemplateDictionary | undefined;
  #verdicts = new Uint8Array();

  constructor(judge: (text: string) => TemplateVerdict) {
    this.#judge = judge;
  }

  /** For each of the block's templates. */
  verdicts({ dictionary, templates }: TemplateRows): Uint8Array {
    if (this.#dictionary !== dictionary || this.#verdicts.length < dictionary.texts.length) {
      const known = this.#dictionary === dictionary ? this.#verdicts : [];
      this.#dictionary = dictionary;
      this.#verdicts = new Uint8Array(dictionary.texts.length * 2);
      this.#verdicts.set(known);
    }
    const all = this.#verdicts;
    const verdicts = new Uint8Array(templates.length);
    for (let at = 0; at < templates.length; at += 1) {
      const id = templates[at] ?? 0;
      let verdict = all[id] ?? 0;
      if (verdict === 0) {
        verdict = this.#judge(dictionary.texts[id] ?? "");
        all[id] = verdict;
      }
      verdicts[at] = verdict;
    }
    return verdicts;
  }
}
