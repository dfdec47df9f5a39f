// Starts Next.js and the Go API for development, in both arrangements at once. A change of a page
// shows at once; a change of a Go file generates the types anew and restarts the API. It needs
// nothing but Go and Node: what else is missing is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const web = import.meta.dirname;
const webPort = process.env.WEB_PORT ?? '3000';
const apiPort = process.env.API_PORT ?? '8080';
const next = `http://localhost:${webPort}`;
const go = `http://localhost:${apiPort}`;

if (!existsSync(path.join(web, 'node_modules/.package-lock.json'))) {
  const npm = spawnSync('npm', ['ci'], { cwd: web, stdio: 'inherit' });
  if (npm.status !== 0) process.exit(npm.status ?? 1);
}
const { default: concurrently } = await import('concurrently');

// A program of its own, because "go run" does not pass on the signal that ends it.
const folder = mkdtempSync(path.join(tmpdir(), 'board-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const program = path.join(folder, 'board');
const db = process.env.DB ?? 'board.db';
const start = [
  `go build -o ${program} .`,
  `node ../web/generate.mjs ${program}`,
  `exec ${program} -addr localhost:${apiPort} -db ${db} -demo -next ${next}`,
].join(' && ');

const { result } = concurrently(
  [
    { name: 'next', command: `next dev --hostname localhost --port ${webPort}`, cwd: web, env: { API_URL: go } },
    {
      name: 'go',
      command: `nodemon --quiet --watch . --ext go,sql --signal SIGTERM --exec '${start}'`,
      cwd: path.join(web, '../api'),
    },
  ],
  {
    killOthersOn: ['success', 'failure'],
    prefixColors: ['blue', 'cyan'],
  },
);
console.log(`Next.js in front: ${next}\nGo in front:      ${go}`);
await result.catch(() => {
  process.exitCode = 1;
});
