const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

// Go writes a layout as one certain moment: Mon Jan 2 15:04:05.999999999 2006. Longest first.
const PART =
  /January|Jan|Monday|Mon|MST|Z07:00|-0700|-07:00|2006|15|01|02|03|04|05|06|[.,](?:0{1,9}|9{1,9})(?!\d)|PM|pm|_2|1|2|3|4|5/g;

/** A moment in UTC by a layout of Go. @param nanos Since the epoch, as text. */
export function formatDate(layout: string, nanos: string): string {
  if (!/^\d{1,19}$/.test(nanos)) return nanos;
  const total = BigInt(nanos);
  const at = new Date(Number(total / 1_000_000n));
  const below = String(total % 1_000_000_000n).padStart(9, "0");
  const two = (value: number) => String(value).padStart(2, "0");
  const hour = at.getUTCHours();
  const parts: Readonly<Record<string, string | undefined>> = {
    January: MONTHS[at.getUTCMonth()],
    Jan: MONTHS[at.getUTCMonth()]?.slice(0, 3),
    Monday: DAYS[at.getUTCDay()],
    Mon: DAYS[at.getUTCDay()]?.slice(0, 3),
    MST: "UTC",
    "Z07:00": "Z",
    "-0700": "+0000",
    "-07:00": "+00:00",
    "2006": String(at.getUTCFullYear()),
    "06": two(at.getUTCFullYear() % 100),
    "01": two(at.getUTCMonth() + 1),
    "1": String(at.getUTCMonth() + 1),
    "02": two(at.getUTCDate()),
    _2: String(at.getUTCDate()).padStart(2),
    "2": String(at.getUTCDate()),
    "15": two(hour),
    "03": two(hour % 12 || 12),
    "3": String(hour % 12 || 12),
    PM: hour < 12 ? "AM" : "PM",
    pm: hour < 12 ? "am" : "pm",
    "04": two(at.getUTCMinutes()),
    "4": String(at.getUTCMinutes()),
    "05": two(at.getUTCSeconds()),
    "5": String(at.getUTCSeconds()),
  };
  return layout.replace(PART, (part) => {
    const known = parts[part];
    if (known !== undefined) return known;
    const digits = below.slice(0, part.length - 1);
    // Nines leave zeros at the end out.
    const kept = part.includes("9") ? digits.replace(/0+$/, "") : digits;
    return kept === "" ? "" : `${part.charAt(0)}${kept}`;
  });
}
