// Values for schemas: one that a schema takes, and many that it may take or refuse. Nothing here
// says which is which; that is for the judge.

// scalars is one value of each type of JSON, and the empty ones.
const scalars = [null, true, false, 0, 1, 1.5, -1, "x", "", [], {}, [1], { a: 1 }];

// texts are strings of many forms, so that for most patterns and formats some fit and some do not.
const texts = [
  "a", "ab", "abc", "abcd", "a-b", "red", "1", "10", "0", "-1", "1.5", "1,2", "-3,4", "true", "false", "A", "Ab", "É1", "r", "row", "r1", "12345",
  "", " ", "a b", "日本", "😀", "😀😀", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "circle", "square",
  "YQ==", "AQID", "AQI", "not base64", "1s", "1h30m0s", "-1.5h", "300ms", "1 h",
  "ann@example.com", "ann", "123e4567-e89b-12d3-a456-426614174000", "123-4567", "https://example.com/a?b=c", "/a",
  "2024-02-29", "2023-02-29", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00+01:00", "2024-02-29T12:00:00", "192.0.2.1", "192.0.2.256", "2001:db8::1", "2001:db8:::1",
  "192.0.2.1:80", "192.0.2.0/24", "127", "128", "-128", "-129", "255", "256", "9223372036854775807", "9223372036854775808", "18446744073709551616",
];

// numbers are at both sides of the ranges of Go's types. The bounds of an int64 are not, because
// JavaScript writes them in another way.
const numbers = [
  0, 1, -1, 1.5, 1e20, -1e20, 0.1, 1e39, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536,
  2147483647, 2147483648, -2147483648, -2147483649, 4294967295, 4294967296, 2 ** 53, 2 ** 62, 2, 0.5, 3e38, 1e300, 1e-7,
];

// names are keys for maps.
const names = ["a", "", "1", "-1", "0", "255", "256", "1.5", "1,2", "01", "日本", "a b", "constructor"];

export class Values {
  constructor(judge) {
    this.judge = judge;
  }

  // sample returns a value that the schema takes. A full one has every member, and one item in every
  // list and map; one that is not full has what it must have. Below the depth at which a recursive
  // type would never end, samples are not full.
  sample(schema, full = true, depth = 0, nth = 0) {
    schema = this.judge.resolve(schema);
    if (schema === true || schema === undefined) {
      return { free: [1, null, "x"] };
    }
    const given = [schema.const, ...(schema.examples ?? []), schema.example, schema.default].filter((v) => v !== undefined && v !== null);
    for (const value of [...given.slice(nth), ...(schema.enum ?? []).slice(nth)]) {
      if (this.judge.takes(schema, value)) {
        return value;
      }
    }
    for (const branches of [schema.oneOf, schema.anyOf]) {
      const chosen = branches?.find((b) => this.type(b) !== "null");
      if (chosen !== undefined && depth > 5 && branches.some((b) => this.type(b) === "null")) {
        return null;
      }
      if (chosen !== undefined) {
        return this.sample(chosen, full, depth, nth);
      }
    }
    if (schema.allOf) {
      const parts = schema.allOf.map((s) => this.sample(s, full, depth, nth));
      return parts.find((v) => this.judge.takes(schema, v)) ?? Object.assign({}, ...parts);
    }
    if (depth > 5 && schema.type?.includes?.("null") && Array.isArray(schema.type)) {
      return null;
    }
    switch (this.type(schema)) {
      case "object":
        return this.object(schema, full && depth < 5, depth);
      case "array":
        return this.array(schema, full && depth < 5, depth);
      case "null":
        return null;
      case "boolean":
        return [true, false].find((v) => this.judge.takes(schema, v));
      case "integer":
      case "number":
        return this.nth([1, ...this.numbers(schema)], schema, nth);
      case "string":
        return this.nth(this.texts(schema), schema, nth);
    }
    return { free: [1, null, "x"] };
  }

  // type returns the type of a schema that is not null, if it has one.
  type(schema) {
    schema = this.judge.resolve(schema);
    const types = [schema?.type].flat();
    const type = types.find((t) => t !== "null") ?? types[0];
    return type ?? (schema?.properties ? "object" : undefined);
  }

  nth(candidates, schema, nth) {
    const fit = [...new Set(candidates)].filter((v) => this.judge.takes(schema, v));
    if (fit.length === 0) {
      throw new Error(`no value is known that fits ${JSON.stringify(schema)}: give it an example`);
    }
    return fit[nth % fit.length];
  }

  object(schema, full, depth) {
    const value = {};
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      if (full || schema.required?.includes(name)) {
        set(value, name, this.sample(member, full, depth + 1));
      }
    }
    const rest = schema.additionalProperties ?? schema.patternProperties?.[Object.keys(schema.patternProperties)[0]];
    if (full && rest && !schema.properties) {
      const key = names.find((n) => schema.propertyNames === undefined || this.judge.takes(schema.propertyNames, n));
      set(value, key, this.sample(rest, full, depth + 1));
    }
    return value;
  }

  array(schema, full, depth) {
    const length = Math.max(schema.minItems ?? 0, Math.min(full ? 1 : 0, schema.maxItems ?? 1));
    return Array.from({ length }, (_, i) => this.sample(schema.items, full, depth + 1, i));
  }

  texts(schema) {
    const lengths = [schema.minLength, schema.maxLength].filter((n) => n !== undefined && n < 30_000);
    return [...texts, ...lengths.flatMap((n) => [n - 1, n, n + 1]).filter((n) => n >= 0).flatMap((n) => ["a".repeat(n), "😀".repeat(n)])];
  }

  numbers(schema) {
    const near = [schema.minimum, schema.maximum, schema.exclusiveMinimum, schema.exclusiveMaximum].filter((n) => n !== undefined && Math.abs(n) < 2 ** 53);
    const steps = schema.multipleOf ? [1, -1, 2, 1.5, 10].map((n) => n * schema.multipleOf) : [];
    return [...near.flatMap((n) => [n - 1, n - 0.5, n, n + 0.5, n + 1]), ...steps, ...numbers]
      .filter((n) => this.type(schema) === "number" || !Number.isInteger(n) || Math.abs(n) < (this.hasRange(schema) ? 1e21 : 2 ** 53));
  }

  // hasRange reports whether a schema says how large an integer may be. That of an uint64 does not.
  hasRange(schema) {
    return schema.format !== undefined || schema.maximum !== undefined || schema.exclusiveMaximum !== undefined;
  }

  // candidates returns values to put in the place of one that the schema takes: some of every type, and
  // for each keyword some that are on both sides of it.
  candidates(schema, depth = 0) {
    schema = this.judge.resolve(schema);
    if (typeof schema !== "object") {
      return scalars;
    }
    const all = [...scalars, ...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const])];
    if (this.isOpaque(schema)) {
      return [...all.filter((v) => typeof v !== "string"), ...schema.examples];
    }
    for (const branch of depth < 3 ? [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? [])] : []) {
      all.push(this.sample(branch), this.sample(branch, false), ...this.candidates(branch, depth + 1));
    }
    const types = [schema.type ?? []].flat();
    if (types.includes("integer") || types.includes("number")) {
      all.push(...this.numbers(schema));
    }
    if (types.includes("string")) {
      all.push(...this.texts(schema).filter((text) => !this.isLargeNumber(schema, text)));
    }
    if (types.includes("array")) {
      all.push(...this.lists(schema));
    }
    if (types.includes("object") && !schema.properties) {
      const inRange = names.filter((n) => schema.propertyNames === undefined || !this.isLargeNumber(schema.propertyNames, n));
      all.push(...inRange.map((n) => set({}, n, this.sample(schema.additionalProperties, false, 4))));
    }
    return this.varied(schema, all);
  }

  // isOpaque reports whether a schema is of texts of which only an example is known: the type's own code
  // knows the others.
  isOpaque(schema) {
    const rules = ["pattern", "format", "enum", "const", "maxLength", "contentEncoding"];
    return this.type(schema) === "string" && schema.examples !== undefined && !(schema.minLength > 1) && rules.every((r) => schema[r] === undefined);
  }

  // isLargeNumber reports whether a text is a number that a schema takes, though it may be out of the
  // range of its type: the pattern of a number in a text does not say the range.
  isLargeNumber(schema, text) {
    return /^-?\d+$/.test(text) && Math.abs(Number(text)) > 127 && this.judge.resolve(schema).pattern !== undefined && this.judge.takes(schema, text);
  }

  // lists returns lists of all lengths that matter, of equal items and of different ones.
  lists(schema) {
    const lengths = [0, 1, 2, schema.minItems ?? 0, schema.maxItems ?? 0].flatMap((n) => [n - 1, n, n + 1]).filter((n) => n >= 0 && n < 200);
    return [...new Set(lengths)].flatMap((length) => [
      Array.from({ length }, () => this.sample(schema.items, false, 4)),
      Array.from({ length }, (_, i) => this.sample(schema.items, false, 4, i)),
    ]);
  }

  // varied returns a few values for each set of keywords that values break, and for none broken.
  varied(schema, values) {
    const kinds = new Map();
    const seen = new Set();
    return values.filter((value) => {
      const text = JSON.stringify(value);
      const errors = this.judge.errors(schema, value);
      const kind = [typeof value, ...errors.map((e) => e.instancePath + e.keyword)].join();
      const count = kinds.get(kind) ?? 0;
      if (seen.has(text) || count >= (errors.length === 0 ? 20 : 3)) {
        return false;
      }
      seen.add(text);
      kinds.set(kind, count + 1);
      return true;
    });
  }

  // sites returns every place in a value that the schema says something about.
  sites(schema, value, path = []) {
    schema = this.judge.resolve(schema);
    if (typeof schema !== "object") {
      return [{ path, schema }];
    }
    const branch = [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
    const sites = [{ path, schema }];
    for (const b of branch.filter((b) => this.judge.takes(b, value))) {
      sites.push(...this.sites(b, value, path).filter((s) => s.path.length > path.length));
    }
    if (Array.isArray(value) && schema.items) {
      sites.push(...value.flatMap((item, i) => this.sites(schema.items, item, [...path, i])));
    } else if (value && typeof value === "object" && !Array.isArray(value)) {
      for (const [name, member] of Object.entries(value)) {
        const inner = own(schema.properties, name) ?? schema.additionalProperties;
        if (inner !== undefined && inner !== false) {
          sites.push(...this.sites(inner, member, [...path, name]));
        }
      }
    }
    return sites;
  }

  // mutants returns whole values in which one place is another, or is not there.
  mutants(schema, value) {
    const all = [];
    for (const site of this.sites(schema, value)) {
      for (const candidate of this.candidates(site.schema)) {
        all.push(replaced(value, site.path, candidate));
      }
      const here = at(value, site.path);
      if (here && typeof here === "object" && !Array.isArray(here)) {
        for (const name of Object.keys(here)) {
          all.push(replaced(value, [...site.path, name], undefined));
        }
        all.push(replaced(value, [...site.path, "unknownMember"], 1));
      }
    }
    return all;
  }
}

const own = (object, name) => (object && Object.hasOwn(object, name) ? object[name] : undefined);

// set sets a member, also one with the name of one that every object has.
export function set(object, name, value) {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

const at = (value, path) => path.reduce((v, step) => v[step], value);

// replaced returns a copy of a value with one place changed, or removed if it becomes undefined.
function replaced(value, path, candidate) {
  if (path.length === 0) {
    return candidate;
  }
  const copy = structuredClone(value);
  const parent = at(copy, path.slice(0, -1));
  const last = path[path.length - 1];
  if (candidate === undefined) {
    delete parent[last];
  } else {
    set(parent, last, candidate);
  }
  return copy;
}
