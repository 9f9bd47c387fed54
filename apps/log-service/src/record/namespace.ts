/**
 * A logical namespace's name, as a DNS label: it stands in Redis keys inside a hash tag, in URLs
 * and in file names, so no brace, colon, slash or dot may ever be part of it.
 */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export function isNamespaceName(text: string): boolean {
  return NAME.test(text);
}
