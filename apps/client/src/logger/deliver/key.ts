import { readFile } from "node:fs/promises";

/** Where the API key comes from. A file is read again when the service refuses the key: keys are rotated. */
export class KeySource {
  readonly #given: string | (() => string | undefined) | undefined;
  readonly #file: string | undefined;
  #read: string | undefined;

  constructor(given: string | (() => string | undefined) | undefined, file: string | undefined) {
    this.#given = given;
    this.#file = file;
  }

  /** Headers that carry the key; none where there is no key. Throws what reading the file throws. */
  async headers(): Promise<Record<string, string>> {
    const key = await this.#key();
    return key === undefined || key === "" ? {} : { authorization: `Bearer ${key}` };
  }

  /** The next call reads the file again. */
  forget(): void {
    this.#read = undefined;
  }

  async #key(): Promise<string | undefined> {
    if (typeof this.#given === "function") return this.#given();
    if (this.#given !== undefined || this.#file === undefined) return this.#given;
    this.#read ??= (await readFile(this.#file, "utf8")).trim();
    return this.#read;
  }
}
