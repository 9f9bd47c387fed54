import { readFileSync } from "node:fs";

import type { z } from "zod";

import { ServiceError } from "../errors.ts";
import { Secret } from "./secret.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with one variable of the environment. */
export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
}

/** Every problem of the environment at once, so that a deployment is not mended one restart at a time. */
export class ConfigError extends ServiceError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map((problem) => `  ${problem.variable}: ${problem.message}`);
    super("NL_CONFIG", `The configuration is not valid:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Checks the environment against a schema whose keys are the variables' names.
 * @throws ConfigError with one problem for each variable; messages never repeat a value, which may be a secret.
 */
export function readEnvironment<T extends z.ZodType>(schema: T, env: Environment): z.output<T> {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => ({
      variable: issue.path.join(".") || "environment",
      message:
        issue.code === "invalid_type" && env[String(issue.path[0])] === undefined
          ? "is missing"
          : issue.message,
    })),
  );
}

/**
 * Reads a file of settings.
 * @throws ConfigError that lists all that is wrong with it, without repeating a value.
 */
export function readJsonFile<T extends z.ZodType>(
  variable: string,
  path: string,
  schema: T,
): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(readTextFile(variable, path));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([{ variable, message: `${path} is not JSON` }]);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => ({
      variable,
      message: `${path}: ${issue.path.join(".") || "the file"}: ${issue.message}`,
    })),
  );
}

/** Reads a secret from its file; a trailing newline, which editors and `echo` add, is not part of it. */
export function readSecretFile(variable: string, path: string): Secret {
  const text = readTextFile(variable, path);
  const value = text.replace(/\r?\n$/, "");
  if (value === "") throw new ConfigError([{ variable, message: `${path} is empty` }]);
  return new Secret(value);
}

/** @throws ConfigError that names the file. */
export function readTextFile(variable: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new ConfigError([{ variable, message: `${path} cannot be read (${reason})` }]);
  }
}
