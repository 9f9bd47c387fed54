/**
 * A process that merges until nothing is left and then says so: `merger.ts <url> [n | stop]`. Given a
 * number it kills itself, as kill -9 does, as soon as its n-th command was answered; given `stop` it
 * stops itself, as SIGSTOP does, when it is about to send its first swap.
 */
import { Redis } from "ioredis";

import { SWAP } from "../../../../../apps/log-service/src/store/redis/work/scripts.ts";
import { mergeAll, openStore } from "./support.ts";

const [, , url = "", mode = "0"] = process.argv;
const killAt = Number(mode);
let commands = 0;
let stopped = false;

const sendCommand = Redis.prototype.sendCommand;
Redis.prototype.sendCommand = function (command, stream) {
  commands += 1;
  const isSwap = command.args.includes(SWAP.sha) || command.args.includes(SWAP.lua);
  if (mode === "stop" && isSwap && !stopped) {
    stopped = true;
    process.stdout.write("stopping\n");
    process.kill(process.pid, "SIGSTOP");
  }
  const place = commands;
  const answer: unknown = sendCommand.call(this, command, stream);
  if (answer instanceof Promise) {
    if (place === killAt) {
      const die = (): void => void process.kill(process.pid, "SIGKILL");
      answer.then(die, die);
    } else if (isSwap) {
      answer.catch((error: unknown) => process.stdout.write(`${String(error)}\n`));
    }
  }
  return answer;
};

const store = await openStore(url);
const merged = await mergeAll(store, { eager: true });
process.stdout.write(`done ${JSON.stringify({ ...merged, commands })}\n`);
await store.close();
