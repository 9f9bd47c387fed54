import { z } from "zod";

import { namespaceName } from "../schemas.ts";
import { defineTool, SETS } from "../tool.ts";
import { component, FIVE_LEVELS, fiveLevel, levelInput } from "./fields.ts";

const input = z.strictObject({
  component: component.describe("Name of the program; * for all that have no level of their own"),
  level: levelInput,
  namespace: namespaceName
    .optional()
    .describe("Logical namespace; every one when left out, which needs a key that reaches all"),
});

const output = z.strictObject({
  component: z.string(),
  level: z.enum(FIVE_LEVELS),
  namespace: z.string().describe("* for every one"),
  updated_at: z.string(),
});

export const setLevelTool = defineTool({
  name: "logger_set_level",
  title: "Set a component's log level",
  description:
    "Sets the least level that a component sends; its clients follow without a restart. Needs an administrator's key, and is written to the audit.",
  input,
  output,
  annotations: SETS,
  answer: async (api, { component: source, level, namespace = "*" }, call) => {
    const set = await api.setLevel({ source, namespace, level }, call);
    return {
      text: `The level is ${fiveLevel(set.level)} from now on.`,
      output: {
        component: set.source,
        level: fiveLevel(set.level),
        namespace: set.namespace,
        updated_at: set.since,
      },
    };
  },
});
