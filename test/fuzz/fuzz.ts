import { mutate } from "./mutate.ts";
import { randomNumbers } from "./random.ts";

/** A decoder under attack. Each file of `targets/` exports its own as `targets`. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs, which are mutated; at least one. */
  readonly seeds: readonly Buffer[];
  /** Decodes the input and touches all that it decoded to. */
  run(input: Buffer): void | Promise<void>;
  /** Whether the error is the one that the decoder declares. */
  allows(error: unknown): boolean;
}

export interface Finding {
  readonly target: string;
  /** Which input it was: with the same seed the same one comes again. */
  readonly index: number;
  readonly problem: string;
  readonly input: Buffer;
}

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Only this input of the run, to look at it alone. */
  readonly only?: number;
}

/** Processor time that one input may take: on a busy machine the clock tells of the others' work. */
const LONGEST_MS = 2_000;
/** What a run may add to the heap and the buffers: a decoder keeps nothing. */
const MOST_BYTES = 512 * 1024 * 1024;
const MEMORY_EVERY = 1_000;
const MOST_FINDINGS = 5;

/** Runs mutated inputs through a decoder; what is found ends the run after a few. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const before = bytesHeld();
  const first = options.only ?? 0;
  const end = options.only === undefined ? options.inputs : options.only + 1;
  for (let index = first; index < end && findings.length < MOST_FINDINGS; index += 1) {
    // Each input has a generator of its own, so that one can be made again without those before.
    const random = randomNumbers(Math.imul(options.seed + index, 0x9e3779b1) ^ index);
    const input =
      index < target.seeds.length ? seedAt(target, index) : mutate(target.seeds, random);
    const problem = await problemOf(target, input);
    if (problem !== undefined) findings.push({ target: target.name, index, problem, input });
    if (index % MEMORY_EVERY === MEMORY_EVERY - 1 && bytesHeld() - before > MOST_BYTES) {
      const grown = `${Math.round((bytesHeld() - before) / 1e6)} MB are held`;
      findings.push({ target: target.name, index, problem: grown, input });
      break;
    }
  }
  return findings;
}

function seedAt(target: FuzzTarget, index: number): Buffer {
  return Buffer.from(target.seeds[index] ?? []);
}

async function problemOf(target: FuzzTarget, input: Buffer): Promise<string | undefined> {
  const before = process.cpuUsage();
  try {
    const running = target.run(input);
    if (running !== undefined) await running;
  } catch (error) {
    if (!target.allows(error)) return error instanceof Error ? String(error.stack) : String(error);
  }
  const { user, system } = process.cpuUsage(before);
  const took = (user + system) / 1000;
  return took > LONGEST_MS ? `took ${Math.round(took)} ms` : undefined;
}

function bytesHeld(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
