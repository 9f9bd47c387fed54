import type { Protocols } from "../query/engine/answerer.ts";

/** Questions in other protocols' words. What reads them is loaded with the first one. */
export const PROTOCOLS: Protocols = {
  loki: async (question, asking) => {
    const { answerLoki } = await import("../logql/answer.ts");
    return answerLoki(question, asking);
  },
};
