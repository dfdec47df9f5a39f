// What the document says of a response.
import { isJSON } from "./operation.mjs";

// complaints returns what is wrong with a response, by the document: a list of sentences.
export function complaints({ judge, parameters }, operation, response) {
  const documented = find(operation.responses, response.status);
  if (!documented) {
    return [`the document has no response ${response.status}`];
  }
  const expected = judge.resolve(documented);
  return [...headerComplaints({ judge, parameters }, expected, response), ...bodyComplaints(judge, expected, response)];
}

// find returns the response that the document has for a status: the status itself, its class, or any.
export function find(responses, status) {
  return responses[status] ?? responses[`${String(status)[0]}XX`] ?? responses.default;
}

function headerComplaints({ judge, parameters }, expected, response) {
  return Object.entries(expected.headers ?? {}).flatMap(([name, header]) => {
    header = judge.resolve(header);
    const sent = response.headers[name.toLowerCase()];
    if (sent === undefined) {
      return header.required ? [`the header ${name} is not there`] : [];
    }
    const errors = parameters.errors(header.schema, [sent].flat());
    return errors.map((e) => `the header ${name}: ${JSON.stringify(sent)} ${e.message}`);
  });
}

function bodyComplaints(judge, expected, response) {
  const content = Object.entries(expected.content ?? {}).map(([type, media]) => [plain(type), media]);
  if (content.length === 0) {
    return response.body.length > 0 ? ["the document says that it has no body"] : [];
  }
  const sent = response.headers["content-type"];
  const [type, media] = content.find(([type]) => matches(type, plain(sent ?? ""))) ?? [];
  if (!media) {
    return [`its Content-Type ${sent} is not one of ${content.map(([t]) => t)}`];
  }
  return items(type, response.body).flatMap((item) => {
    let value = item;
    if (isJSON(plain(sent)) || /jsonl|event-stream/.test(type)) {
      try {
        value = JSON.parse(item);
      } catch {
        return [`it is not JSON: ${item}`];
      }
    } else if (!/^text\//.test(plain(sent))) {
      return [];
    }
    return media.schema === undefined ? [] : judge.errors(media.schema, value).map((e) => `${e.instancePath || "the body"} ${e.message} (${e.schemaPath}), in ${item.slice(0, 300)}`);
  });
}

// items returns the texts that a schema is about: the items of a stream, or the whole body.
function items(type, body) {
  const text = body.toString();
  switch (type) {
    case "text/event-stream":
      return text.split("\n\n").slice(0, -1).map((event) => event.split("\n").filter((l) => l.startsWith("data:")).map((l) => l.slice(5).trim()).join("\n")).filter((t) => t !== "");
    case "application/jsonl":
    case "application/x-ndjson":
      return text.split("\n").slice(0, -1);
  }
  return [text];
}

const plain = (type) => type.split(";")[0].trim().toLowerCase();
const matches = (pattern, type) => pattern === type || pattern === "*/*" || (pattern.endsWith("/*") && type.startsWith(pattern.slice(0, -1)));
