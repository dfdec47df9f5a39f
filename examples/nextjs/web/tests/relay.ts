import net from 'node:net';

/** A relay in front of a server, whose connections a test can cut. */
export interface Relay {
  origin: string;
  /** Ends all connections, and every new one at once, until restore is called. */
  cut: () => void;
  restore: () => void;
  [Symbol.asyncDispose]: () => Promise<void>;
}

export async function openRelay(target: string): Promise<Relay> {
  const { port, hostname } = new URL(target);
  const sockets = new Set<net.Socket>();
  let isCut = false;
  const server = net.createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = net.connect(Number(port), hostname);
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address() as net.AddressInfo;
  return {
    origin: `http://localhost:${address.port}`,
    cut,
    restore: () => {
      isCut = false;
    },
    [Symbol.asyncDispose]: () => {
      cut();
      return new Promise((resolve) => server.close(() => { resolve(); }));
    },
  };
}
