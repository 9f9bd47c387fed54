/** What says no; the Python client has the same words. */
const OFF_WORDS = ["false", "0", "no", "off", "disabled"];

/** Whether LOGGING_ENABLED asks a program to log nothing. */
export function isSwitchedOff(env: Readonly<Record<string, string | undefined>>): boolean {
  return OFF_WORDS.includes(env["LOGGING_ENABLED"]?.trim().toLowerCase() ?? "");
}
