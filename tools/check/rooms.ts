import { importsOf, type Import } from "./imports.ts";
import { houses, parts, type House } from "./room-plan.ts";

/**
 * Finds imports that go the wrong way, between the repository's parts and between the rooms of each
 * house, and rooms that the plan does not know.
 * @returns a line for each, with file and line
 */
export function checkRooms(root: string): string[] {
  return importsOf(root, Object.keys(parts)).flatMap((each) => {
    const wrong = betweenParts(each) ?? betweenRooms(each);
    return wrong === undefined ? [] : [`${each.from}:${each.line}: ${wrong}`];
  });
}

function betweenParts({ from, to }: Import): string | undefined {
  const mine = partOf(from);
  const other = partOf(to);
  if (mine === undefined || mine === other) return undefined;
  const allowed = parts[mine] ?? [];
  if (other !== undefined && allowed.includes(other)) return undefined;
  return `${mine} must not import ${to}; ${builtOn(allowed)}`;
}

function betweenRooms({ from, to }: Import): string | undefined {
  const house = houses.find(({ folder }) => isIn(from, folder));
  if (!house || !isIn(to, house.folder)) return undefined;
  const mine = placeOf(house, from);
  const other = placeOf(house, to);
  if (mine === undefined || other === undefined) {
    const unknown = mine === undefined ? from : to;
    return `${unknown} is in no room of tools/check/room-plan.ts; give it one`;
  }
  if (mine === "roof" || mine === other || other === "ground") return undefined;
  if (mine === "ground") return `${from} carries every room and must import none, not even ${to}`;
  const allowed = house.rooms[mine] ?? [];
  if (allowed.includes(other)) return undefined;
  return `the room ${mine} must not import ${to}; ${builtOn(allowed)}`;
}

function builtOn(allowed: string[]): string {
  return allowed.length === 0
    ? "it is built on nothing else"
    : `it is built on ${allowed.join(", ")}`;
}

function partOf(path: string): string | undefined {
  return Object.keys(parts).find((part) => isIn(path, part));
}

/** The longest room's name that holds the path, "ground", "roof", or undefined for neither. */
function placeOf(house: House, path: string): string | undefined {
  const inside = path.slice(house.folder.length + 1);
  if (house.ground.includes(inside)) return "ground";
  if (house.roof.includes(inside)) return "roof";
  return Object.keys(house.rooms)
    .filter((room) => isIn(inside, room))
    .toSorted((a, b) => b.length - a.length)[0];
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
