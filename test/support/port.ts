export { freePort } from "../../tools/port.ts";
