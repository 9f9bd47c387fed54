/** One code of a registry of errors. `{name}` in the message is a place that a value fills. */
export interface ErrorEntry {
  readonly message: string;
  /** Of the command that reports it. */
  readonly exit: number;
}

type Places<Message extends string> = Message extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Places<Rest>
  : never;

/** A value for each place of a message. */
export type MessageValues<Message extends string> = Record<Places<Message>, string | number>;

export function fillMessage(
  message: string,
  values: Readonly<Record<string, string | number>>,
): string {
  return message.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}
