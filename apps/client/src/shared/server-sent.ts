/** One event of a stream of server-sent events. */
export interface ServerSentEvent {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The last id that the stream named, up to this event. */
  readonly id: string | undefined;
}

/** Reads server-sent events from text that comes in pieces of any size. */
export class EventReader {
  #rest = "";
  #data: string[] = [];
  #dataUnits = 0;
  #event = "";
  #named: string | undefined;
  #id: string | undefined;
  #retryMs: number | undefined;
  /** The piece before ended in a carriage return: a line feed at the start of this one belongs to it. */
  #endedInReturn = false;

  /** The last id, also of what was no event: all before it has been read. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Characters of what has not ended yet: a stream may never end an event, and whoever reads it sets the bound. */
  get heldUnits(): number {
    return this.#rest.length + this.#dataUnits;
  }

  /** How long the stream asks to wait before coming back, in milliseconds. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** The events that this piece ends. Comments, heartbeats among them, are none. */
  push(piece: string): readonly ServerSentEvent[] {
    if (piece === "") return [];
    const text = this.#endedInReturn && piece.startsWith("\n") ? piece.slice(1) : piece;
    this.#endedInReturn = piece.endsWith("\r");
    // Only what is new is looked through: a long line comes in many pieces.
    const [first = "", ...others] = text.split(/\r\n|\n|\r/);
    const lines = [this.#rest + first, ...others];
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") {
      this.#data.push(value);
      // With the line's end, which empty ones have too.
      this.#dataUnits += value.length + 1;
    } else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#named = value;
    else if (field === "retry" && /^\d{1,9}$/.test(value)) this.#retryMs = Number(value);
    return undefined;
  }

  #end(): ServerSentEvent | undefined {
    const [event, data] = [this.#event || "message", this.#data];
    this.#event = "";
    this.#data = [];
    this.#dataUnits = 0;
    this.#id = this.#named;
    return data.length === 0 ? undefined : { event, data: data.join("\n"), id: this.#id };
  }
}
