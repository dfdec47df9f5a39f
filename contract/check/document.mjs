// Checks documents against the official schema of OpenAPI 3.1, which the package
// @seriousme/openapi-schema-validator ships, and each schema in them against that of JSON Schema's draft 2020-12.
//
//	node check/document.mjs FILE…
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const resolve = createRequire(import.meta.url).resolve;
const official = JSON.parse(readFileSync(resolve("@seriousme/openapi-schema-validator/schemas/v3.1/schema.json")));
let failed = false;

for (const file of process.argv.slice(2)) {
  const document = JSON.parse(readFileSync(file));
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats(ajv);
  ajv.addFormat("media-range", /^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+/);
  const errors = [];
  // The schemas in a document are what $dynamicRef leads to; they are checked one by one below.
  const validate = ajv.compile(official);
  if (!validate(document)) {
    errors.push(...validate.errors.map((e) => `${e.instancePath} ${e.message}`));
  }
  const metaschema = ajv.getSchema("https://json-schema.org/draft/2020-12/schema");
  let schemas = 0;
  for (const [path, schema] of schemasOf(document, "")) {
    schemas++;
    if (!metaschema(schema)) {
      errors.push(...metaschema.errors.map((e) => `${path}${e.instancePath} ${e.message}`));
    }
    for (const [at, problem] of mistakes(document, schema, path)) {
      errors.push(`${at} ${problem}`);
    }
  }
  console.log(`${file}: OpenAPI ${document.openapi}, ${Object.keys(document.paths).length} paths, ${schemas} schemas, ${errors.length} errors`);
  errors.slice(0, 20).forEach((e) => console.log(`  ${e}`));
  failed ||= errors.length > 0;
}
process.exit(failed ? 1 : 0);

// schemasOf returns every schema that stands in a document, and where: components, and the values of a
// member schema.
function* schemasOf(value, path) {
  if (value === null || typeof value !== "object") {
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    const at = `${path}/${name}`;
    if (name === "schema" || path === "/components/schemas") {
      yield [at, member];
    } else {
      yield* schemasOf(member, at);
    }
  }
}

// mistakes returns what a schema may be by the schema of schemas, and is wrong all the same: references
// that lead nowhere, required members that are not there, and names that generators cannot use.
function* mistakes(document, schema, path) {
  if (schema === null || typeof schema !== "object") {
    return;
  }
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.replace("#/components/schemas/", "");
    if (!Object.hasOwn(document.components.schemas, name)) {
      yield [path, `refers to ${schema.$ref}, which is not there`];
    }
    if (!/^[\w.-]+$/.test(name)) {
      yield [path, `refers to a component with the name ${name}`];
    }
  }
  if (Array.isArray(schema.required) && schema.properties) {
    for (const name of schema.required.filter((n) => !Object.hasOwn(schema.properties, n))) {
      yield [path, `requires ${name}, which is no property`];
    }
  }
  for (const [name, member] of Object.entries(schema)) {
    yield* mistakes(document, member, `${path}/${name}`);
  }
}
