import type { BlockRows } from "../../block/rows.ts";
import { ENGINE_LIMITS } from "../../limits.ts";
import type { Matcher } from "../match/matcher.ts";
import { TemplateDictionary, type TemplateRows } from "../match/template-rows.ts";

/**
 * The templates of blocks that were read: what a phrase is looked for in first. A block takes some
 * five bytes a record, where its messages take fifty. The oldest reading goes when there is no room.
 */
export class TemplateCache {
  readonly #limit: number;
  #dictionary = new TemplateDictionary();
  readonly #blocks = new Map<string, TemplateRows>();
  #bytes = 0;

  /** @param limit Bytes. */
  constructor(limit: number = ENGINE_LIMITS.templateBytes) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes + this.#dictionary.bytes;
  }

  get(position: string): TemplateRows | undefined {
    return this.#blocks.get(position);
  }

  /** Whether the templates of a block are known, and none of its records can match. */
  holdNone(position: string, { byTemplates }: Pick<Matcher, "byTemplates">): boolean {
    const known = byTemplates === undefined ? undefined : this.#blocks.get(position);
    return known !== undefined && byTemplates?.(known) === "none";
  }

  /**
   * @param inUse What one question asks for is not pushed out by itself: a question over more than
   * fits would find nothing of it the next time.
   * @returns False if there is no room.
   */
  learn(position: string, rows: BlockRows, inUse: ReadonlySet<string>): boolean {
    if (this.#blocks.has(position)) return true;
    const { texts, ids } = rows.plainTemplates;
    const room = BLOCK_BYTES + 4 * texts.length + rows.count * wordOf(texts.length);
    if (!this.#makeRoom(room, inUse)) return false;
    const templates = Uint32Array.from(texts, (text) => this.#dictionary.idOf(text));
    this.#blocks.set(position, {
      dictionary: this.#dictionary,
      templates,
      rows: narrowed(ids, texts.length),
    });
    this.#bytes += room;
    return true;
  }

  #makeRoom(room: number, inUse: ReadonlySet<string>): boolean {
    // Templates of blocks that are gone stay in a dictionary: it is begun anew.
    if (this.#dictionary.bytes > this.#limit / 2) {
      this.#dictionary = new TemplateDictionary();
      this.#blocks.clear();
      this.#bytes = 0;
    }
    while (this.bytes + room > this.#limit) {
      const [oldest] = this.#blocks;
      if (oldest === undefined || inUse.has(oldest[0])) return false;
      this.#blocks.delete(oldest[0]);
      this.#bytes -= bytesOf(oldest[1]);
    }
    return true;
  }
}

/** A block's own objects and its place in the map. */
const BLOCK_BYTES = 400;

function bytesOf({ templates, rows }: TemplateRows): number {
  return BLOCK_BYTES + templates.byteLength + rows.byteLength;
}

function wordOf(templates: number): 1 | 2 | 4 {
  if (templates <= 0x100) return 1;
  return templates <= 0x1_0000 ? 2 : 4;
}

function narrowed(ids: Uint32Array, templates: number): TemplateRows["rows"] {
  const word = wordOf(templates);
  if (word === 1) return Uint8Array.from(ids);
  return word === 2 ? Uint16Array.from(ids) : Uint32Array.from(ids);
}
