import { defineConfig } from '@playwright/test';
import { mode } from './tests/servers';

// What the arrangement of the servers can break: cookies, streams, uploads and rendering.
const passedOn = ['session', 'live', 'files', 'server'];
const features = [...passedOn, 'boards', 'tasks', 'touch'];

// MODE says which servers tests/servers.ts starts; run-tests goes through all of them. Every feature
// is tested in each mode. What edits files comes last.
const projects = {
  dev: [
    { front: 'next', specs: features },
    { front: 'go', specs: passedOn },
    { front: 'next', specs: ['development'] },
  ],
  production: [
    { front: 'next', specs: [...passedOn, 'looks'] },
    { front: 'go', specs: features },
  ],
  // The exported front end is rendered before there is a visitor.
  binary: [{ front: 'go', specs: features.filter((spec) => spec !== 'server') }],
}[mode];

export default defineConfig<object, { front: string }>({
  testDir: 'tests',
  globalSetup: './tests/servers.ts',
  workers: 1, // the servers need the other core
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    },
  },
  projects: projects.map(({ front, specs }) => ({
    name: specs.includes('development') ? 'development' : `${mode}, ${front} in front`,
    testMatch: specs.map((spec) => `${spec}.spec.ts`),
    use: { front },
  })),
});
