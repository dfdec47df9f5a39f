// What the document says a server does with a request, and with what faults it refuses one.
import { isFile, isForm, isJSON } from "./operation.mjs";

// faults returns everything that the document has against a request: the place, the name and the
// keyword of each. It is empty if the server must take the request.
export function faults({ judge, values, parameters }, operation, request) {
  const all = [];
  const add = (place, prefix, errors) => all.push(...errors.map((e) => ({ in: place, name: prefix + nameOf(e, prefix), keyword: e.keyword, value: e.data, schema: e.parentSchema, ...e.params })));
  for (const p of operation.parameters) {
    const texts = request.texts[`${p.in} ${p.name}`];
    if (texts !== undefined) {
      all.push(...parameters.errors(p.schema, texts).map((e) => ({ in: p.in, name: p.name, keyword: e.keyword, format: e.params.format })));
    } else if (p.required) {
      all.push({ in: p.in, name: p.name, keyword: "required" });
    }
  }
  if (!request.body) { // a form without a body is one without members
    if (operation.bodyRequired) {
      all.push({ in: "body", name: "", keyword: "required" });
    }
    return all.concat(operation.media.filter((m) => isForm(m.type)).flatMap((m) => formFaults({ judge, values, parameters }, m, {}, add)));
  }
  const { media, json, form, text } = request.body;
  if (text !== undefined) {
    all.push({ in: "body", name: "", keyword: "any" });
  } else if (isJSON(media.type) && json !== undefined) {
    add("body", "", judge.errors(media.schema, json));
  } else if (isForm(media.type)) {
    all.push(...formFaults({ judge, values, parameters }, media, form, add));
  }
  return all;
}

function formFaults({ judge, values, parameters }, media, form, add) {
  const all = [];
  const schema = judge.resolve(media.schema);
  for (const name of schema.required ?? []) {
    if (!form[name]) {
      all.push({ in: "form", name, keyword: "required" });
    }
  }
  for (const [name, member] of Object.entries(form)) {
    const expected = judge.resolve(schema.properties[name]);
    const item = values.type(expected) === "array" ? judge.resolve(expected.items) : expected;
    if (member.kind === "json") {
      const isElement = item !== expected && member.json !== null && typeof member.json === "object" && !Array.isArray(member.json);
      add("form", name, judge.errors(schema.properties[name], isElement ? [member.json] : member.json));
    } else if (isFile(item) !== (member.kind === "file")) {
      all.push({ in: "form", name, keyword: "type" });
    } else if (member.kind === "text") {
      all.push(...parameters.errors(schema.properties[name], member.texts).map((e) => ({ in: "form", name, keyword: e.keyword, format: e.params.format })));
    }
  }
  return all;
}

// nameOf returns the place of an error of ajv as the server names it: items[2].price, and
// ["a.b"].c for names of other characters.
function nameOf(error, prefix) {
  const steps = error.instancePath.split("/").slice(1).map((s) => s.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = error.params.missingProperty ?? error.params.additionalProperty ?? error.params.unevaluatedProperty ?? error.params.propertyName ?? error.propertyName;
  if (last !== undefined) {
    steps.push(last);
  }
  return steps.reduce((name, step) => name + stepName(step, prefix + name), "");
}

function stepName(step, before) {
  if (/^\d+$/.test(step)) {
    return `[${step}]`; // an element, or a member of a map; see same
  }
  if (!/^[\w-]+$/.test(step)) {
    return `[${JSON.stringify(step)}]`;
  }
  return (before && ".") + step;
}

// same reports whether a fault that the server names is one of the document's. A type with decoding code
// of its own is at fault as a whole, whatever is wrong inside.
export function same(fault, sent) {
  const [documented, named] = [plainName(fault.name), plainName(sent.name ?? "")];
  const isAround = sent.code === "type" && (named === "" || documented.startsWith(named + ".") || documented.startsWith(named + "["));
  return fault.in === sent.in && (isAround || (documented === named && codes(fault).includes(sent.code)));
}

// plainName makes map["1"], map.1 and list[1] one name, since ajv does not tell maps from lists.
const plainName = (name) => name.replace(/\.(\d+)(?=[.[]|$)/g, "[$1]").replace(/\["(\d+)"\]/g, "[$1]");

// codes returns the codes by which the server may refuse a value that breaks a keyword. They are the
// keyword, except where the document describes by it a type that the server names otherwise.
function codes({ keyword, value, format }) {
  if (value === null) { // which stands for no value, or in a list for a zero one, which may break any rule
    return ["type", "required", "enum", "minLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems"];
  }
  switch (keyword) {
    case "type":
      return ["type", "minimum", "maximum", "format"];
    case "pattern":
      return ["pattern", "type", "minimum", "maximum", "format"];
    case "format":
      return ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double"].includes(format) ? ["minimum", "maximum", "type"] : ["format", "type"];
    case "minimum":
    case "maximum":
      return ["minimum", "maximum"];
    case "unevaluatedProperties":
      return ["additionalProperties"];
    case "enum":
    case "const":
      return ["enum", "type"];
    case "oneOf":
    case "anyOf":
    case "propertyNames":
    case "any":
      return ["type", "pattern", "format", "minimum", "maximum", "required", "enum"];
  }
  return [keyword];
}

// lenient reports whether a request has nothing against it but what encoding/json takes where a schema
// cannot say so: a null, which is like no value; for a Go array, another number of items; and for
// bytes, a list of numbers. Around a null, there may be a value that would have to be null itself.
export function lenient(faults) {
  const mild = faults.filter(({ keyword, value, schema = {} }) =>
    value === null ||
    (/^(min|max)Items$/.test(keyword) && schema.minItems === schema.maxItems) ||
    (keyword === "type" && schema.contentEncoding === "base64" && Array.isArray(value)));
  return mild.length > 0 && faults.every((f) => mild.some((m) => m === f || m.name.startsWith(f.name)));
}
