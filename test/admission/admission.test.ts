import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { root } from "../../tools/root.ts";
import { attacks } from "../cluster/admission/attacks/all.ts";
import { table } from "./table.ts";

const folder = join(root, "bases/platform/admission");
const files = readdirSync(folder).filter((name) => name !== "kustomization.yaml");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

const BEGIN = "<!-- The table of attacks: vitest run test/admission -u writes it. -->";
const END = "<!-- The end of the table. -->";

describe("the policies of the API server", () => {
  it.each(files)(
    "%s names the attack, and holds one policy and its binding by its name",
    (file) => {
      const text = read(file);
      const name = `neurallog-${file.replace(".yaml", "")}`;
      expect(text).toMatch(/^# (?:Attack|Mistake)/);
      expect([...text.matchAll(/^ {2}name: (.*)$/gm)].map(([, each]) => each)).toEqual([
        name,
        name,
      ]);
      expect([...text.matchAll(/^kind: (.*)$/gm)].map(([, each]) => each)).toEqual([
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
      ]);
    },
  );

  it("are all applied", () => {
    const listed = [...read("kustomization.yaml").matchAll(/^ {2}- (\S+\.yaml)$/gm)];
    expect(listed.map(([, file]) => file).toSorted()).toEqual(files.toSorted());
  });

  it("have an attack each, and no attack is on a policy that is not there", () => {
    const tried = Object.values(attacks).flatMap((list) => list.map(({ policy }) => policy));
    expect([...new Set(tried)].toSorted()).toEqual(
      files.map((file) => file.replace(".yaml", "")).toSorted(),
    );
  });

  it("have attacks of different names, by which people find them again", () => {
    const names = Object.values(attacks).flatMap((list) => list.map(({ name }) => name));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it.each(["home", "cloud"])(
    "ask for the settings that the cluster %s has, and no others",
    (cluster) => {
      const asked = files.flatMap((file) =>
        [...read(file).matchAll(/params\.data\.\??([a-zA-Z]+)/g)].map(([, key]) => key),
      );
      const settings = join(root, "overlays", cluster, "platform/admission-settings.yaml");
      const [, data = ""] = readFileSync(settings, "utf8").split("\ndata:\n");
      const keys = [...data.matchAll(/^ {2}([a-zA-Z]+):/gm)].map(([, key]) => key);
      expect(keys.toSorted()).toEqual([...new Set(asked)].toSorted());
    },
  );
});

it("docs/admission.md has every attack and what refuses it", async () => {
  const page = join(root, "docs/admission.md");
  const text = readFileSync(page, "utf8");
  const [before = "", rest = ""] = text.split(BEGIN);
  const [, after = ""] = rest.split(END);
  await expect(`${before}${BEGIN}\n\n${table()}\n\n${END}${after}`).toMatchFileSnapshot(page);
});
