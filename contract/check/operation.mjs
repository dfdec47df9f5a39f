// An operation of a document, and the requests that can be made from what the document says of it.
import { multipart } from "./client.mjs";

const methods = ["post", "put", "patch", "get", "delete"]; // in an order in which things are there before they are read

// operations returns all operations of a document.
export function operations(judge) {
  const all = Object.entries(judge.document.paths).flatMap(([path, item]) =>
    methods.filter((m) => item[m]).map((m) => new Operation(judge, path, m, item)));
  return all.sort((a, b) => methods.indexOf(a.method) - methods.indexOf(b.method));
}

class Operation {
  constructor(judge, path, method, item) {
    const operation = item[method];
    Object.assign(this, { path, method, id: operation.operationId, responses: operation.responses });
    this.parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((p) => judge.resolve(p));
    const body = judge.resolve(operation.requestBody);
    this.bodyRequired = body?.required === true;
    this.media = Object.entries(body?.content ?? {}).map(([type, media]) => ({ type, ...media }));
    this.security = (operation.security ?? judge.document.security ?? []).map((s) => Object.keys(s));
  }
}

// isFile reports whether a member of a form is a file.
export const isFile = (schema) => schema.format === "binary" || (schema.contentMediaType !== undefined && schema.contentEncoding === undefined);

// A Builder makes requests for operations. A request is texts for each parameter, by place and name, and
// perhaps a body: { media, json } or { media, form } or { media, bytes }.
export class Builder {
  constructor(judge, values, parameters, options) {
    Object.assign(this, { judge, values, parameters, options });
  }

  // base returns a request that the document takes.
  base(operation, media, full) {
    const request = { texts: {}, why: full ? "everything" : "only what is required" };
    for (const p of operation.parameters.filter((p) => full || p.required)) {
      const given = this.options.values[`${operation.id}.${p.name}`];
      const example = p.example ?? Object.values(p.examples ?? {})[0]?.value;
      request.texts[`${p.in} ${p.name}`] = given?.split("/") ?? this.parameters.texts(example ?? this.parameterSample(p.schema));
    }
    if (media) {
      request.body = this.baseBody(media, full);
    }
    return request;
  }

  // parameterSample is never an empty list, which would be no value.
  parameterSample(schema) {
    const value = this.values.sample(schema);
    return Array.isArray(value) && value.length === 0 ? [this.values.sample(this.judge.resolve(schema).items)] : value;
  }

  baseBody(media, full) {
    const example = media.example ?? Object.values(media.examples ?? {})[0]?.value;
    if (isForm(media.type)) {
      return { media, form: this.baseForm(media, full) };
    }
    if (isJSON(media.type)) {
      return { media, json: example ?? this.values.sample(media.schema, full) };
    }
    return { media, bytes: Buffer.from("some bytes") };
  }

  // baseForm returns the members of a form: each is a list of texts, of JSON values or of files.
  baseForm(media, full) {
    const form = {};
    const schema = this.judge.resolve(media.schema);
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      if (full || schema.required?.includes(name)) {
        form[name] = this.member(member, this.parameterSample(member));
      }
    }
    return form;
  }

  // member returns a member of a form: its kind and its values.
  member(schema, value) {
    const resolved = this.judge.resolve(schema);
    const item = this.values.type(resolved) === "array" ? this.judge.resolve(resolved.items) : resolved;
    if (isFile(item)) {
      return { kind: "file", texts: [this.options.file] };
    }
    if (this.values.type(item) === "object") {
      return { kind: "json", json: value };
    }
    return { kind: "text", texts: this.parameters.texts(value) };
  }

  // message returns a request as it is sent.
  message(operation, request, credentials) {
    const take = (place) => operation.parameters.filter((p) => p.in === place && request.texts[`${place} ${p.name}`] !== undefined)
      .map((p) => ({ ...p, texts: request.texts[`${place} ${p.name}`] }));
    const path = operation.path.replace(/\{([^}]*)\}/g, (_, name) => request.texts[`path ${name}`].map(encodeURIComponent).join("/"));
    const query = take("query").flatMap((p) => this.joined(p).map((t) => `${encodeURIComponent(p.name)}=${t}`)).join("&");
    const headers = [...credentials, ...take("header").flatMap((p) => this.joined(p, (t) => Buffer.from(t).toString("latin1")).map((t) => [p.name, t]))];
    const cookies = take("cookie").map((p) => `${p.name}=${p.texts[0]}`);
    if (cookies.length > 0) {
      headers.push(["Cookie", cookies.join("; ")]);
    }
    const message = { method: operation.method.toUpperCase(), path: path + (query && "?" + query), headers };
    if (request.body) {
      const { type, body } = this.body(request.body);
      message.body = Buffer.from(body);
      message.headers = [...headers, ["Content-Type", type]];
    }
    return message;
  }

  // joined returns the texts of a parameter as they are sent: each by itself, or all with commas.
  joined(p, encode = encodeURIComponent) {
    const explode = p.explode ?? (p.in === "query" || p.in === "cookie");
    return explode ? p.texts.map(encode) : [p.texts.map(encode).join(",")];
  }

  body({ media, type, json, form, bytes, text }) {
    if (text !== undefined) {
      return { type: type ?? media.type, body: text };
    }
    if (bytes) {
      return { type: /[*]/.test(media.type) ? "application/octet-stream" : media.type, body: bytes };
    }
    if (!form) {
      return { type: media.type, body: JSON.stringify(json) };
    }
    return media.type === "multipart/form-data" ? multipart(this.parts(media, form)) : { type: media.type, body: this.pairs(media, form) };
  }

  parts(media, form) {
    return Object.entries(form).flatMap(([name, m]) => {
      const type = media.encoding?.[name]?.contentType;
      switch (m.kind) {
        case "file":
          return m.texts.map((text) => ({ name, text, type: "image/png", file: "a.png" }));
        case "json": { // of a list of objects, each is a part
          const parts = Array.isArray(m.json) && m.json.length > 0 && m.json.every((v) => v?.constructor === Object) ? m.json : [m.json];
          return parts.map((part) => ({ name, text: JSON.stringify(part), type: type ?? "application/json" }));
        }
      }
      return this.joined({ in: "query", ...media.encoding?.[name], texts: m.texts }, (t) => t).map((text) => ({ name, text }));
    });
  }

  pairs(media, form) {
    return Object.entries(form).flatMap(([name, m]) => {
      const texts = m.kind === "json" ? [encodeURIComponent(JSON.stringify(m.json))] : this.joined({ in: "query", ...media.encoding?.[name], texts: m.texts });
      return texts.map((t) => `${encodeURIComponent(name)}=${t}`);
    }).join("&");
  }

  // variants returns requests that differ from a base in one place.
  variants(operation, base) {
    const all = [];
    const vary = (why, changes) => all.push({ ...base, ...changes, why });
    for (const p of operation.parameters) {
      const key = `${p.in} ${p.name}`;
      for (const texts of this.parameters.candidates(p.schema).filter((texts) => this.sendable(operation, p, texts))) {
        vary(`${key} is ${JSON.stringify(texts)}`, { texts: { ...base.texts, [key]: texts }, isEmpty: isEmpty(texts) });
      }
      if (p.in !== "path" && base.texts[key]) {
        vary(`${key} is not there`, { texts: { ...base.texts, [key]: undefined } });
      }
    }
    if (base.body?.form) {
      this.varyForm(base.body, vary);
    } else if (base.body?.json !== undefined) {
      for (const json of this.values.mutants(base.body.media.schema, base.body.json)) {
        vary(`the body is ${JSON.stringify(json)}`, { body: { ...base.body, json } });
      }
    }
    if (base.body) {
      vary("there is no body", { body: undefined });
    }
    return all;
  }

  // sendable reports whether a client can put texts there: a segment of a path is not empty, nor a
  // dot, a header has no spaces around it and no other characters than ASCII, and a list that is joined
  // by commas has none.
  sendable(operation, p, texts) {
    const joined = texts.length > 1 && !(p.explode ?? (p.in === "query" || p.in === "cookie"));
    return texts.every((t) => !(p.in === "path" && ["", ".", ".."].includes(t)) && !((p.in === "header" || p.in === "cookie") && !/^([!-~]([ -~]*[!-~])?)?$/.test(t)) &&
      !(p.in === "cookie" && /[\s",;\\]/.test(t)) && !((joined || this.values.type(p.schema) === "array") && t.includes(",")));
  }

  varyForm(body, vary) {
    const properties = this.judge.resolve(body.media.schema).properties ?? {};
    const change = (name, why, member) =>
      vary(`form ${name} ${why}`, { body: { ...body, form: { ...body.form, [name]: member } }, isEmpty: member.texts && isEmpty(member.texts) });
    for (const [name, schema] of Object.entries(properties)) {
      const member = body.form[name] ?? this.member(schema, this.parameterSample(schema));
      switch (member.kind) {
        case "json":
          for (const json of this.values.mutants(schema, member.json)) {
            change(name, `is ${JSON.stringify(json)}`, { kind: "json", json });
          }
          break;
        case "text":
          for (const texts of this.parameters.candidates(schema)) {
            change(name, `is ${JSON.stringify(texts)}`, { kind: "text", texts });
          }
          break;
        case "file":
          change(name, "is a text", { kind: "text", texts: ["text"] });
      }
      if (body.form[name]) {
        const { [name]: _, ...rest } = body.form;
        vary(`form ${name} is not there`, { body: { ...body, form: rest } });
      }
    }
  }
}

const isEmpty = (texts) => texts.every((text) => text === "");
export const isJSON = (type) => /^application\/([^;]*\+)?json\b/.test(type);
export const isForm = (type) => type === "multipart/form-data" || type === "application/x-www-form-urlencoded";
