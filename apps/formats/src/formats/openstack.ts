import { isoAtStart } from "../time/iso.ts";
import { levelOf } from "./level.ts";
import { parsed, type Format } from "./format.ts";

// [file] 2017-05-16 00:00:00.008 25746 INFO nova.compute.manager [req-... user project - - -] text
const file = /^(?:(\S+\.log\S*) )?(?=\d{4}-)/;
const line = / (\d+) ([A-Z]+) ([\w.-]+) \[([^\]]*)\] (.*)$/sy;
const request = /^(req-[0-9a-f-]{36})(?: (\S+) (\S+))?/;

/** OpenStack (oslo.log), with the file's name in front where files were collected into one. */
export const openStack: Format = {
  name: "openstack",
  parse(text, clock) {
    const [prefix, origin] = file.exec(text) ?? [];
    if (prefix === undefined) return undefined;
    const start = isoAtStart(text.slice(prefix.length));
    if (start === undefined) return undefined;
    line.lastIndex = prefix.length + start.length;
    const match = line.exec(text);
    if (match === null) return undefined;
    const [, pid, severity = "", source, context = "", message = ""] = match;
    if (levelOf(severity) === undefined) return undefined;
    const timestamp = clock.instant(start.time);
    if (timestamp === undefined) return undefined;
    const [told, id, user, project] = request.exec(context) ?? [];
    const rest = told === undefined ? context : context.slice(told.length);
    return parsed(message, {
      timestamp,
      severity,
      source,
      metadata: {
        file: origin,
        pid,
        request_id: id,
        user_id: user,
        project_id: project,
        context: /[^\s-]/.test(rest) ? rest.trim() : undefined,
      },
    });
  },
};
