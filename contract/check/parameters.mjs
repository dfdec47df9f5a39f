// Parameters and forms are texts. A text means what JSON it is, if a schema takes that, or else the
// string that it is.

// leniencies are texts that the server takes for more than the document says, so that forms of browsers
// and clients of other languages work. Nothing that the document lets a client send is among them.
const leniencies = { boolean: ["1", "0"], integer: [""], number: [""] };

export class Parameters {
  constructor(judge, values) {
    this.judge = judge;
    this.values = values;
  }

  // errors returns what the judge has against texts as the value of a parameter.
  errors(schema, texts) {
    const readings = this.readings(schema, texts).map((value) => this.judge.errors(schema, value));
    return readings.find((e) => e.length === 0) ?? readings[0];
  }

  readings(schema, texts) {
    if (this.values.type(schema) === "array") {
      const items = this.judge.resolve(schema).items ?? true;
      return [texts.map((text) => this.readings(items, [text]).find((v) => this.judge.takes(items, v)) ?? this.readings(items, [text])[0])];
    }
    const [text] = texts;
    const readings = [];
    if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text)) {
      readings.push(Number(text));
    }
    if (text === "true" || text === "false") {
      readings.push(text === "true");
    }
    return this.values.type(schema) === "string" ? [text, ...readings] : [...readings, text];
  }

  // texts returns the texts by which a value is sent: one, or one for each item of a list.
  texts(value) {
    return Array.isArray(value) ? value.map(String) : [String(value)];
  }

  // candidates returns texts for a parameter, whether the schema takes them or not. An empty list is
  // no value, and so are empty texts for most types, so neither is among them.
  candidates(schema) {
    if (this.values.isOpaque(this.judge.resolve(schema))) {
      return this.judge.resolve(schema).examples.map((v) => this.texts(v));
    }
    const type = this.values.type(schema);
    const ofItems = type === "array" ? this.values.type(this.judge.resolve(schema).items) : type;
    const fits = (v) => (Array.isArray(v) ? v.length > 0 && v.every(fits) : v !== null && typeof v !== "object" && !this.lenient(ofItems, String(v)));
    let all = this.values.candidates(schema).filter(fits).filter((v) => type === "array" || !Array.isArray(v));
    if (type === "array") {
      const items = this.values.candidates(this.judge.resolve(schema).items).filter(fits);
      all = [...all.filter(Array.isArray), ...items.map((v) => [v])];
    }
    const seen = new Set();
    return all.map((v) => this.texts(v)).filter((t) => !seen.has(t.join("\n")) && seen.add(t.join("\n")));
  }

  lenient(type, text) {
    return leniencies[type]?.includes(text) || (type !== "string" && text === "");
  }
}
