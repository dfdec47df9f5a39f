// Exports the front end and puts it where the Go program embeds it.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const web = import.meta.dirname;
execFileSync('next', ['build'], { cwd: web, stdio: 'inherit', env: { ...process.env, NEXT_OUTPUT: 'export' } });

const front = path.join(web, '../api/front');
for (const name of readdirSync(front)) {
  if (name !== '.gitignore') rmSync(path.join(front, name), { recursive: true });
}
cpSync(path.join(web, 'out'), front, { recursive: true });
