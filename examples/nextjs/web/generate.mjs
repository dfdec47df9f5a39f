// Writes openapi.json and the types that are made from it, if the API has changed. Its argument is
// the compiled program of the API; without one, "go run" compiles it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const web = import.meta.dirname;
const [program] = process.argv.slice(2);
const [command, ...args] = program ? [program] : ['go', 'run', '-C', path.join(web, '../api'), '.'];
const document = execFileSync(command, [...args, '-openapi'], { encoding: 'utf8' });
const file = path.join(web, 'openapi.json');
if (read(file) !== document) writeFileSync(file, document);

const types = path.join(web, 'lib/schema.d.ts');
const { default: openapiTS, astToString } = await import('openapi-typescript');
const text = `// Generated from openapi.json by npm run generate.\n${astToString(await openapiTS(JSON.parse(document)))}`;
if (read(types) !== text) writeFileSync(types, text);

function read(name) {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return undefined;
  }
}
