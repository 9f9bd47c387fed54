const { PATH, NODE_COMPILE_CACHE } = process.env;

/**
 * Nothing of the machine's own settings, for a program under test: PATH for whatever Node may look up, and what
 * `tools/run.mjs` gives every program, without which each start compiles every module again.
 */
export const bareEnvironment: Readonly<Record<string, string>> = {
  PATH: PATH ?? "",
  ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
};
