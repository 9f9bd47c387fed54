// Off-boards as the command does, and kills itself with SIGKILL before or after its n-th call that changes something:
//   node killed.ts <options as JSON> <n> <before|after>
// Ends with 0 and prints the receipt's file when it came to its end.
import { KINDS } from "../../../operate/kubernetes/kinds.ts";
import { connectWriter, type Writer } from "../../../operate/kubernetes/writer.ts";
import { offboard, type OffboardOptions } from "../../../operate/offboard/offboard.ts";

const [given = "{}", at = "0", moment = "before"] = process.argv.slice(2);
const options: Omit<OffboardOptions, "say"> = JSON.parse(given);
const writer = await connectWriter({
  as: { user: "ann@example.com", group: "neurallog-platform" },
});

let calls = 0;
function dying<A extends unknown[], R>(call: (...args: A) => Promise<R>): typeof call {
  return async (...args) => {
    // Asking who one is changes nothing.
    const isQuestion =
      args[0] !== undefined && Reflect.get(Object(args[0]), "plural") === "selfsubjectreviews";
    if (isQuestion) return call(...args);
    // Nor does a dry run.
    if (args[4] === true) return call(...args);
    calls += 1;
    if (calls === Number(at) && moment === "before") process.kill(process.pid, "SIGKILL");
    const answer = await call(...args);
    if (calls === Number(at)) process.kill(process.pid, "SIGKILL");
    return answer;
  };
}

const mortal: Writer = {
  ...writer,
  create: dying(writer.create),
  patch: dying(writer.patch),
  remove: dying(writer.remove),
};
const done = await offboard(mortal, { ...options, say: () => undefined });
const failed = done.checks.filter(({ ok }) => !ok).map(({ says }) => says);
process.stdout.write(
  JSON.stringify({ failed, receipt: done.receipt, calls, kinds: Object.keys(KINDS).length }),
);
writer.close();
process.exitCode = done.receipt === null ? 1 : 0;
