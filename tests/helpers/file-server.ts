import { createServer, type IncomingHttpHeaders } from "node:http";

import { type AddressInfo, connect } from "node:net";
import { onTestFinished } from "vitest";

/** What a server was asked: path and range. */
export interface Asked {
  readonly url: string;
  readonly range: string | undefined;
}

export interface FileServer {
  readonly address: string;
  readonly asked: readonly Asked[];
}

/**
 * A server on this machine that gives one file, in ranges; `cutAfter`: bytes after which each connection
 * breaks off, by the count of requests; `status` in the place of the file.
 */
export async function fileServer(
  content: Uint8Array,
  {
    cutAfter = () => undefined,
    status,
  }: { cutAfter?: (request: number) => number | undefined; status?: number } = {},
): Promise<FileServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? "", range: request.headers.range });
    if (status !== undefined) return void response.writeHead(status).end();
    const start = rangeStart(request.headers);
    if (start >= content.length) return void response.writeHead(416).end();
    const rest = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { "content-length": rest.length });
    const cut = cutAfter(asked.length);
    if (cut === undefined || cut >= rest.length) response.end(rest);
    else response.write(rest.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
  });
  const port = await listening(server);
  return { address: `http://127.0.0.1:${port}`, asked };
}

/** A proxy on this machine, and where its clients wanted to go. */
export async function proxyServer(): Promise<{
  readonly address: string;
  readonly passed: readonly string[];
}> {
  const passed: string[] = [];
  const server = createServer((_request, response) => response.writeHead(501).end());
  server.on("connect", (request, client) => {
    passed.push(request.url ?? "");
    const [host, port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on("error", () => undefined);
  });
  return { address: `http://127.0.0.1:${await listening(server)}`, passed };
}

function rangeStart({ range }: IncomingHttpHeaders): number {
  return Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
