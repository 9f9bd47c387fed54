import { leadingLevel } from "./level.ts";
import type { Format } from "./format.ts";

/** Every line of text. The message is the line as it stands; a level at its start counts, and stays. */
export const plain: Format = {
  name: "plain",
  parse(text) {
    const level = leadingLevel(text)?.level;
    return level === undefined ? { message: text } : { message: text, level };
  },
};
