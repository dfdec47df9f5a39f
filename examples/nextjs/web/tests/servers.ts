// Starts the servers of one mode on a copy of the example, so that tests may edit files. The copy
// is below this folder, because its node_modules consists of hard links.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type Mode = 'dev' | 'production' | 'binary';
export const mode = (process.env.MODE ?? 'dev') as Mode;

const web = path.dirname(import.meta.dirname);
const repository = path.join(web, '../../..');
/** The copy has the folders web and api. */
export const copy = path.join(web, '.test');

const running: ChildProcess[] = [];
process.env.NEXT_TELEMETRY_DISABLED = '1';

/** Starts the servers. The tests find the addresses of both fronts in the environment. */
export default async function setup() {
  if (process.env.FRONT_go !== undefined) return undefined; // they run already
  makeCopy();
  const folder = mkdtempSync(path.join(tmpdir(), 'board-'));
  const stop = async () => {
    await Promise.all(running.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start[mode](folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

const made = ['node_modules', '.next', '.test', 'out', 'test-results', 'board.db'];

function makeCopy() {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  for (const name of ['web', 'api']) {
    const from = path.join(web, '..', name);
    for (const entry of readdirSync(from)) {
      if (made.some((each) => entry.startsWith(each))) continue;
      cpSync(path.join(from, entry), path.join(copy, name, entry), { recursive: true });
    }
  }
  execFileSync('cp', ['-al', path.join(web, 'node_modules'), path.join(copy, 'web')]);
  const replace = `-replace=example.com/apiroute=${repository}`;
  execFileSync('go', ['mod', 'edit', replace], { cwd: path.join(copy, 'api') });
}

const start: Record<Mode, (folder: string) => Promise<void>> = {
  async dev(folder) {
    const [webPort, apiPort] = [await freePort(), await freePort()];
    const db = path.join(folder, 'board.db');
    const env = { WEB_PORT: webPort, API_PORT: apiPort, DB: db };
    run('node', ['dev.mjs'], { cwd: path.join(copy, 'web'), env });
    publish({ next: webPort, go: apiPort });
    await serving(`http://localhost:${apiPort}/healthz`);
    // Next.js compiles a page when it is first asked for it.
    for (const page of ['', 'board?id=1', 'tasks', 'api/stats?board=1']) {
      await serving(`http://localhost:${webPort}/${page}`);
    }
  },

  async production(folder) {
    const [webPort, apiPort] = [await freePort(), await freePort()];
    const program = buildGo(folder);
    const api = `http://localhost:${apiPort}`;
    const env = { ...process.env, API_URL: api };
    execFileSync('npx', ['next', 'build'], { cwd: path.join(copy, 'web'), env, stdio: 'inherit' });
    const next = `http://localhost:${webPort}`;
    const args = ['-addr', `localhost:${apiPort}`, '-db', path.join(folder, 'board.db'), '-demo', '-next', next];
    run(program, args, { cwd: folder, env: {} });
    const nextArgs = ['next', 'start', '--hostname', 'localhost', '--port', webPort];
    run('npx', nextArgs, { cwd: path.join(copy, 'web'), env: { API_URL: api } });
    publish({ next: webPort, go: apiPort });
    await serving(`${api}/healthz`);
    await serving(next);
  },

  // One program needs every route in Go, so the last one is moved first.
  async binary(folder) {
    move();
    execFileSync('npm', ['run', 'export'], { cwd: path.join(copy, 'web'), stdio: 'inherit' });
    const port = await freePort();
    const args = ['-addr', `localhost:${port}`, '-db', path.join(folder, 'board.db'), '-demo'];
    run(buildGo(folder), args, { cwd: folder, env: {} });
    publish({ go: port });
    await serving(`http://localhost:${port}/healthz`);
  },
};

/** Applies the commit that moves /api/stats from Next.js to Go, to the copy. */
export function move() {
  const patch = path.join(web, '../move-stats.patch');
  // The paths of the patch begin with a/examples/nextjs/. GIT_DIR keeps git from taking the copy for
  // a part of the repository.
  const env = { ...process.env, GIT_DIR: path.join(copy, 'no-repository') };
  execFileSync('git', ['apply', '-p3', patch], { cwd: copy, env, stdio: 'inherit' });
}

function buildGo(folder: string): string {
  const program = path.join(folder, 'board');
  execFileSync('go', ['build', '-o', program, '.'], { cwd: path.join(copy, 'api'), stdio: 'inherit' });
  return program;
}

function publish(ports: Record<string, string>) {
  for (const [front, port] of Object.entries(ports)) {
    process.env[`FRONT_${front}`] = `http://localhost:${port}`;
  }
}

/** Runs a program in a group of processes of its own, so that all of them can be ended. */
function run(command: string, args: string[], options: { cwd: string; env: Record<string, string> }) {
  const env = { ...process.env, ...options.env };
  const stdio = process.env.VERBOSE ? 'inherit' : 'ignore';
  running.push(spawn(command, args, { cwd: options.cwd, env, stdio, detached: true }));
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null) {
      resolve();
      return;
    }
    child.once('exit', () => {
      resolve();
    });
    process.kill(-child.pid, 'SIGTERM');
  });
}

/** Waits until an address responds with anything but an error of the server. */
async function serving(url: string) {
  const until = Date.now() + 120_000;
  for (;;) {
    const failed = running.find((child) => child.exitCode !== null);
    if (failed) throw new Error(`${failed.spawnfile} has ended; VERBOSE=1 shows why`);
    try {
      const response = await fetch(url);
      await response.arrayBuffer();
      if (response.status < 500) return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    if (Date.now() > until) throw new Error(`no response from ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

// Next.js keeps the address of the API from its build, so that the port must be known before the
// server listens.
function freePort(): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, 'localhost', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' ? String(address?.port) : '');
      });
    });
  });
}
