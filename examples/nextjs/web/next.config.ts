import type { NextConfig } from 'next';

// Where the Go API listens. A production build keeps the address that it was built with, because
// Next.js evaluates rewrites at build time.
const api = process.env.API_URL ?? 'http://127.0.0.1:8080';

// NEXT_OUTPUT=export makes files that the Go program embeds, and NEXT_OUTPUT=standalone a folder with
// a server of its own, for a container.
const output = process.env.NEXT_OUTPUT;

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  turbopack: { root: import.meta.dirname },
  ...(output === 'export' || output === 'standalone' ? { output } : {}),
};

// Go gets every request below /api that no file in pages/api takes. An exported front end needs no
// rewrites, because the Go program serves both.
if (output !== 'export') {
  config.rewrites = () =>
    Promise.resolve({
      fallback: [{ source: '/api/:path*', destination: `${api}/api/:path*` }],
    });
}

export default config;
