// The judge says what a document takes and what it refuses: ajv, for JSON Schema's draft 2020-12.
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const base = "https://contract.invalid/document";

// integers are the formats of OpenAPI whose range ajv-formats does not check. JavaScript rounds the largest
// int64 to a power of two, so that one is within the range.
const integers = { int8: 7, int16: 15, int32: 31, int64: 63 };
const unsigned = { uint8: 8, uint16: 16, uint32: 32, uint64: 64 };

export class Judge {
  constructor(document) {
    this.document = absolute(structuredClone(document));
    this.document.$id = base;
    this.ajv = new Ajv({ allErrors: true, verbose: true, ownProperties: true, strict: false, multipleOfPrecision: 10, validateSchema: false, logger: false });
    addFormats(this.ajv);
    for (const [name, bits] of Object.entries(integers)) {
      this.ajv.addFormat(name, { type: "number", validate: (n) => Number.isInteger(n) && -(2 ** bits) <= n && n <= (bits < 53 ? 2 ** bits - 1 : 2 ** bits) });
    }
    for (const [name, bits] of Object.entries(unsigned)) {
      this.ajv.addFormat(name, { type: "number", validate: (n) => Number.isInteger(n) && 0 <= n && n <= (bits < 53 ? 2 ** bits - 1 : 2 ** bits) });
    }
    this.ajv.addFormat("float", { type: "number", validate: (n) => Number.isFinite(Math.fround(n)) });
    this.ajv.addFormat("double", { type: "number", validate: Number.isFinite });
    this.ajv.addSchema(this.document);
    this.compiled = new Map();
  }

  // errors returns what ajv has against a value: an empty array if the schema takes it.
  errors(schema, value) {
    let validate = this.compiled.get(schema);
    if (!validate) {
      validate = this.ajv.compile(schema);
      this.compiled.set(schema, validate);
    }
    return validate(value) ? [] : validate.errors;
  }

  takes(schema, value) {
    return this.errors(schema, value).length === 0;
  }

  // resolve follows the $ref of an object of the document. Keywords beside it, such as the description
  // of one member, stay.
  resolve(object) {
    while (object && typeof object === "object" && object.$ref) {
      const { $ref, ...beside } = object;
      let target = this.document;
      for (const token of $ref.slice(base.length + 2).split("/")) {
        target = target[decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~")];
      }
      if (target === undefined) {
        throw new Error(`the document has no ${$ref}`);
      }
      object = { ...target, ...beside };
    }
    return object;
  }
}

// absolute makes every reference within the document one that means the same anywhere.
function absolute(value) {
  if (Array.isArray(value)) {
    value.forEach(absolute);
  } else if (value && typeof value === "object") {
    if (typeof value.$ref === "string" && value.$ref.startsWith("#")) {
      value.$ref = base + value.$ref;
    }
    Object.values(value).forEach(absolute);
  }
  return value;
}
