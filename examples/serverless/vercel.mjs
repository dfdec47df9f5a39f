// Runs a folder as `vercel dev` does, with Vercel's own Go runtime, and prints the address. It ends
// when its standard input does.
//
//   node vercel.mjs DIR api/index.go   the function
//   node vercel.mjs DIR main.go        the server, for a project whose framework is Go
import { startDevServer } from '@vercel/go'

const [workPath, entrypoint] = process.argv.slice(2)
process.chdir(workPath)
const server = await startDevServer({
  entrypoint,
  workPath,
  repoRootPath: workPath,
  config: { framework: entrypoint === 'main.go' ? 'go' : undefined },
  meta: { isDev: true },
})
console.log(`listening on http://127.0.0.1:${server.port}`)
process.stdin.resume().on('end', async () => {
  if (server.shutdown) await server.shutdown()
  else process.kill(server.pid)
  process.exit()
})
