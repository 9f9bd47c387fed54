import type { Command } from "commander";
import type { NeuralLogClient } from "@neurallog/client";
import type { Context } from "./context.ts";

/** One run of a command. */
export interface Call<O> {
  /** Made when it is first asked for: what sends nothing needs no address. */
  readonly client: () => NeuralLogClient;
  /** The words behind the command's name. */
  readonly words: readonly string[];
  /** The command's options with the global ones, as commander read them. */
  readonly options: O;
  readonly context: Context;
}

export interface GlobalOptions {
  readonly json?: boolean;
}

/** The command line while it is put together: where commands are added, and how they run. */
export interface Commands {
  readonly root: Command;
  /** What a command does; it answers the exit code. */
  run<O>(command: Command, work: (call: Call<O & GlobalOptions>) => Promise<number>): void;
}
