// A client that sends exactly what it is told to: node:http, since fetch joins headers of one name.
import http from "node:http";

export class Client {
  constructor(url) {
    this.url = new URL(url);
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    this.count = 0;
  }

  // send returns the response with its whole body, or with its beginning if it is a stream that lasts.
  send({ method, path, headers = [], body }) {
    this.count++;
    const raw = [["Host", this.url.host], ...headers];
    if (body !== undefined) {
      raw.push(["Content-Length", String(body.length)]);
    }
    return new Promise((resolve, reject) => {
      const request = http.request({
        agent: this.agent, host: this.url.hostname, port: this.url.port, method, path, headers: raw.flat(), timeout: 20_000,
      }, (response) => {
        const chunks = [];
        const done = () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
        response.on("data", (chunk) => {
          chunks.push(chunk);
          if (this.isStream(response) && Buffer.concat(chunks).includes("\n\n")) {
            done();
            response.destroy();
          }
        });
        response.on("end", done);
        response.on("error", reject);
      });
      request.on("error", reject);
      request.on("timeout", () => request.destroy(new Error(`${method} ${path}: no response within 20 s`)));
      request.end(body);
    });
  }

  isStream(response) {
    return response.headers["content-type"]?.startsWith("text/event-stream");
  }

  close() {
    this.agent.destroy();
  }
}

// multipart returns a body of parts and its Content-Type.
export function multipart(parts) {
  const boundary = "contract-0123456789";
  const pieces = parts.flatMap(({ name, text, type, file }) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ""}\r\n`,
    type ? `Content-Type: ${type}\r\n` : "",
    "\r\n",
    text,
    "\r\n",
  ]);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, `--${boundary}--\r\n`].map((p) => Buffer.from(p))),
  };
}
