import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inside } from "../../../../bench/support/naive.ts";
import {
  type AddressSet,
  addressesOf,
  blockOf,
  describeAddress,
  describeAddresses,
  intersectAddresses,
  subtractAddresses,
} from "../../../../generator/verify/reachability/addresses.ts";
import {
  describePorts,
  EVERY_PORT,
  intersectPorts,
  onePort,
  type PortSet,
  PROTOCOLS,
  subtractPorts,
} from "../../../../generator/verify/reachability/ports.ts";
import {
  anyLabels,
  anyValueBut,
  compileSelector,
  exactly,
  selects,
  witness,
} from "../../../../generator/verify/reachability/selectors.ts";

const ports: fc.Arbitrary<PortSet> = fc.array(
  fc
    .tuple(fc.constantFrom(...PROTOCOLS), fc.nat(19), fc.nat(9))
    .map(([protocol, first, more]) => ({ protocol, first: first + 1, last: first + 1 + more })),
  { maxLength: 4 },
);
const has = (set: PortSet, port: number) =>
  set.some(({ protocol, first, last }) => protocol === "TCP" && first <= port && port <= last);

describe("sets of ports", () => {
  it("subtract and intersect as sets do", () => {
    fc.assert(
      fc.property(ports, ports, fc.integer({ min: 1, max: 31 }), (a, b, port) => {
        expect(has(subtractPorts(a, b), port)).toBe(has(a, port) && !has(b, port));
        expect(has(intersectPorts(a, b), port)).toBe(has(a, port) && has(b, port));
      }),
    );
  });

  it("are described in words", () => {
    expect(describePorts(EVERY_PORT)).toBe("every port");
    expect(describePorts(onePort("UDP", 53))).toBe("UDP 53");
    expect(describePorts(subtractPorts(EVERY_PORT, onePort("TCP", 80)))).toBe(
      "TCP 1-79, TCP 81-65535, every UDP port, every SCTP port",
    );
  });
});

describe("sets of addresses", () => {
  const cidr = fc.tuple(fc.nat(7), fc.integer({ min: 24, max: 32 })).map(([n, length]) => {
    const size = 2 ** (32 - length);
    return `10.0.0.${Math.floor((n * 32) / size) * size}/${length}`;
  });
  const cidrs = fc.array(cidr, { maxLength: 3 });
  const holds = (set: AddressSet, address: string) =>
    set.some(({ family, first, last }) => {
      const value = BigInt(address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0));
      return family === 4 && first <= value && value <= last;
    });

  it("subtract and intersect as sets do", () => {
    fc.assert(
      fc.property(cidrs, cidrs, fc.nat(255), (a, b, last) => {
        const address = `10.0.0.${last}`;
        const [inA, inB] = [a, b].map((list) => list.some((each) => inside(each, address)));
        const [setA, setB] = [addressesOf(a), addressesOf(b)];
        expect(holds(subtractAddresses(setA, setB), address)).toBe(inA === true && inB === false);
        expect(holds(intersectAddresses(setA, setB), address)).toBe(inA === true && inB === true);
      }),
    );
  });

  it("of an ipBlock leave its excepts out", () => {
    const set = blockOf("10.0.0.0/24", ["10.0.0.0/25", "10.0.0.255/32"]);
    expect(
      set.map(({ first, last }) => [first, last].map((each) => describeAddress(each, 4))),
    ).toEqual([["10.0.0.128", "10.0.0.254"]]);
  });

  it("refuse an IPv4 block in IPv6 spelling, which components read differently", () => {
    expect(() => blockOf("::ffff:10.0.0.0/104", [])).toThrow(RangeError);
    expect(() => blockOf("::ffff:a00:0/104", [])).toThrow(RangeError);
  });

  it("are described by their ends", () => {
    expect(describeAddresses(blockOf("10.0.0.0/24", []))).toBe("10.0.0.0 to 10.0.0.255");
    expect(describeAddresses(blockOf("10.0.0.7/32", []))).toBe("10.0.0.7");
  });
});

describe("selectors", () => {
  const expression = (operator: "In" | "NotIn", ...values: string[]) =>
    compileSelector({ matchExpressions: [{ key: "a", operator, values }] });
  const exists = (operator: "Exists" | "DoesNotExist") =>
    compileSelector({ matchExpressions: [{ key: "a", operator }] });

  it("match as Kubernetes says, NotIn also where the label is missing", () => {
    expect(selects([], {})).toBe(true);
    expect(selects(compileSelector({ matchLabels: { a: "x" } }), { a: "x", b: "y" })).toBe(true);
    expect(selects(expression("In", "x"), {})).toBe(false);
    expect(selects(expression("NotIn", "x"), {})).toBe(true);
    expect(selects(expression("NotIn", "x"), { a: "x" })).toBe(false);
    expect(selects(exists("Exists"), { a: "" })).toBe(true);
    expect(selects(exists("DoesNotExist"), { a: "" })).toBe(false);
  });

  it("do not mistake a label that an object merely inherits", () => {
    const selector = compileSelector({
      matchExpressions: [{ key: "constructor", operator: "Exists" }],
    });
    expect(selects(selector, {})).toBe(false);
  });

  it("find a witness among chosen labels, unless they contradict themselves", () => {
    expect(witness([...expression("NotIn", "x"), ...exists("Exists")], anyLabels())).toEqual({
      a: "other-0",
    });
    expect(witness([...expression("In", "x"), ...expression("NotIn", "x")], anyLabels())).toBe(
      undefined,
    );
    expect(witness([...expression("In", "x"), ...exists("DoesNotExist")], anyLabels())).toBe(
      undefined,
    );
  });

  it("find no witness beyond labels that are known, or values that are barred", () => {
    expect(witness(expression("In", "x"), exactly({ a: "y" }))).toBe(undefined);
    expect(witness(expression("In", "x"), exactly({}))).toBe(undefined);
    const barred = anyLabels([["a", anyValueBut((value) => value === "x", false)]]);
    expect(witness(expression("In", "x"), barred)).toBe(undefined);
    expect(witness(exists("DoesNotExist"), barred)).toBe(undefined);
    expect(witness(expression("In", "x", "y"), barred)).toEqual({ a: "y" });
    expect(witness([], barred)).toEqual({ a: "other-0" });
  });
});
