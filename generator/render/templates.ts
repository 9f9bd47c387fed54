import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Handlebars from "handlebars";
import { yaml, yamlText, type YamlValue } from "./quote.ts";

/** Where the templates are; their paths mirror those of an overlay. */
export const templateFolder = fileURLToPath(new URL("../templates/", import.meta.url));

/** What a template reads: plain values, lists of them, and flags for `{{#if}}`. */
export type View = { readonly [name: string]: YamlValue | readonly View[] | View };

/** Templates by their path below the folder, without `.hbs`: `tenant/kustomization.yaml`. */
export type Templates = (path: string, view: View) => string;

/** Reads and compiles all templates. Throws an Error naming file and line for one that prints a value unquoted. */
export function loadTemplates(folder: string = templateFolder): Templates {
  const environment = Handlebars.create();
  registerHelpers(environment);
  const compiled = new Map<string, HandlebarsTemplateDelegate>();
  for (const { path, source } of readTemplates(folder)) {
    const tree = Handlebars.parse(source);
    checkQuoting(path, tree);
    if (path.startsWith("partials/")) {
      environment.registerPartial(
        path.slice("partials/".length),
        environment.compile(tree, options),
      );
    } else {
      compiled.set(path, environment.compile(tree, options));
    }
  }
  return (path, view) => {
    const template = compiled.get(path);
    if (template === undefined) throw new Error(`there is no template ${path}`);
    return template(view);
  };
}

/** Path (without `.hbs`) and source of every template, in the order of the paths. */
export function readTemplates(folder: string = templateFolder): { path: string; source: string }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".hbs"))
    .sort()
    .map((file) => ({
      path: file.slice(0, -".hbs".length),
      source: readFileSync(`${folder}/${file}`, "utf8"),
    }));
}

const printing = new Set(["yaml", "text"]);
const blocks = new Set(["if", "each"]);

const options = {
  strict: true,
  // The helpers below quote, for YAML; Handlebars' own escapes are HTML's. `checkQuoting` lets nothing past them.
  noEscape: true,
  knownHelpers: Object.fromEntries([...printing, ...blocks].map((name) => [name, true])),
  knownHelpersOnly: true,
};

function registerHelpers(environment: typeof Handlebars): void {
  environment.registerHelper("yaml", (value: YamlValue | undefined, indent: unknown) => {
    if (value === undefined) throw new TypeError("a template prints a value that its view lacks");
    return yaml(value, typeof indent === "number" ? indent : undefined);
  });
  environment.registerHelper("text", (value: unknown, indent: unknown) => {
    if (typeof value !== "string" || typeof indent !== "number") {
      throw new TypeError("{{text}} takes a string and the indentation it begins at");
    }
    return yamlText(value, indent);
  });
  // Strict mode does not reach the arguments of helpers: with Handlebars' own `if` and `each`, a misspelt name is
  // simply false or empty.
  environment.registerHelper(
    "if",
    function (this: View, flag: unknown, block: Handlebars.HelperOptions) {
      if (typeof flag !== "boolean") throw new TypeError("{{#if}} takes a boolean of the view");
      return flag ? block.fn(this) : block.inverse(this);
    },
  );
  environment.registerHelper("each", (items: unknown, block: Handlebars.HelperOptions) => {
    if (!Array.isArray(items)) throw new TypeError("{{#each}} takes a list of the view");
    return items.map((item) => block.fn(item)).join("");
  });
}

/** Refuses every way to print that does not go through the quoting helpers, before the template is ever used. */
function checkQuoting(path: string, program: hbs.AST.Program): void {
  program.body.forEach((statement, i) => {
    const fail = (why: string): never => {
      throw new Error(`${path}.hbs:${statement.loc.start.line}: ${why}`);
    };
    if (isMustache(statement)) {
      if (!isPath(statement.path) || !printing.has(original(statement.path))) {
        fail("a value is printed without {{yaml …}}, so it could change the structure around it");
      }
      if (statement.params.length === 0) fail("{{yaml}} needs a value");
      // `a-{{yaml id}}` or `"{{yaml id}}"` would put the quotes inside a scalar, where they quote nothing.
      const before = statement.params.length === 1 ? /(?:[:,-] |\[)$/ : /: ?$/;
      const after = /^(?:\n|, | [}\]]|\])/;
      if (!before.test(content(program.body[i - 1])) || !after.test(content(program.body[i + 1]))) {
        fail("a value has to stand alone: after 'key: ' or '- ', with an indentation after 'key:'");
      }
    } else if (isBlock(statement)) {
      if (!blocks.has(original(statement.path)))
        fail(`only ${[...blocks].join(" and ")} are known blocks`);
      for (const inner of [statement.program, statement.inverse]) {
        // Handlebars types both as present; a block without {{else}} has no inverse.
        if (inner !== undefined) checkQuoting(path, inner);
      }
    } else if (isPartial(statement)) {
      if (!isPath(statement.name) || statement.params.length > 1)
        fail("a partial is named plainly");
    } else if (statement.type !== "ContentStatement" && statement.type !== "CommentStatement") {
      fail(`${statement.type} has no place in a template`);
    }
  });
}

const content = (statement: hbs.AST.Statement | undefined): string =>
  statement !== undefined && isContent(statement) ? statement.value : "";
const original = (path: hbs.AST.PathExpression): string => path.original;
const isPath = (e: hbs.AST.Expression): e is hbs.AST.PathExpression => e.type === "PathExpression";
const isMustache = (s: hbs.AST.Statement): s is hbs.AST.MustacheStatement =>
  s.type === "MustacheStatement";
const isBlock = (s: hbs.AST.Statement): s is hbs.AST.BlockStatement => s.type === "BlockStatement";
const isPartial = (s: hbs.AST.Statement): s is hbs.AST.PartialStatement =>
  s.type === "PartialStatement";
const isContent = (s: hbs.AST.Statement): s is hbs.AST.ContentStatement =>
  s.type === "ContentStatement";
