/** @file A network link to a broker that can be cut: nothing comes through, and nobody is told. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Link {
  /** Address of this end. */
  readonly url: string;
  /** From now on bytes vanish both ways, of connections there are and of new ones. */
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

/** A link of this machine to the broker at `url`. */
export async function openLink(url: string): Promise<Link> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let whole = true;
  const carry = (from: Socket, to: Socket) => {
    from.on("data", (bytes) => {
      if (whole) to.write(bytes);
    });
    from.on("error", () => undefined);
    // An end crosses the link as bytes do.
    from.on("close", () => {
      sockets.delete(from);
      if (whole) to.destroy();
    });
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) sockets.add(socket);
    carry(near, far);
    carry(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as { port: number };
  return {
    url: `nats://127.0.0.1:${address.port}`,
    cut: () => {
      whole = false;
    },
    heal: () => {
      whole = true;
      // A connection that has lost bytes is of no use any more.
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
