export { detect, formats, type Detected } from "./formats/detect.ts";
export { fieldNames, recordOfFields } from "./formats/fields.ts";
export { type Format, type Parsed } from "./formats/format.ts";
export { longNumbers } from "./formats/long-numbers.ts";
export { levelOf, levelOfSeverity } from "./formats/level.ts";
export { rfc5424 } from "./formats/rfc5424.ts";
export { syslog } from "./formats/syslog.ts";
export { fit } from "./lines/fit.ts";
export { type Numbered } from "./lines/join.ts";
export { LineSplitter, type Line } from "./lines/lines.ts";
export { RecordReader, type ReadingOptions } from "./lines/records.ts";
export { Clock, type ClockSettings } from "./time/clock.ts";
export { machineZone, zoneOf, type Zone } from "./time/zone.ts";

export { LIMITS as LINE_LIMITS } from "./limits.ts";
