/**
 * @file One request over a Unix socket. A reply is a stream of the letter A, said at once and again while the
 * server works, then F and the frame up to the stream's end.
 */
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { type CallOptions, type FrameHandler, MAXIMUM_FRAME_BYTES } from "./bus.js";
import { PeerError } from "./peer-error.js";

const ACCEPTED = 0x41;
const FRAME = 0x46;
const agent = new Agent({ keepAlive: true });

async function readAll(stream: AsyncIterable<Buffer>, heard: () => void): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    heard();
    bytes += part.length;
    if (bytes > MAXIMUM_FRAME_BYTES) throw new PeerError("corrupt", "the frame is larger than any should be");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Answers one request. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  handler: FrameHandler,
): Promise<void> {
  const frame = await readAll(request, () => undefined);
  response.writeHead(200);
  const reply = await handler(frame, { accept: () => response.write(new Uint8Array([ACCEPTED])) });
  response.write(new Uint8Array([FRAME]));
  response.end(reply);
}

/** Sends a frame and gives the reply's. Throws PeerError. */
export async function callSocket(
  socketPath: string,
  frame: Uint8Array,
  { signal, heard }: CallOptions,
): Promise<Uint8Array> {
  try {
    const response = await new Promise<IncomingMessage>((done, fail) => {
      const length = String(frame.byteLength);
      const options = { socketPath, method: "POST", path: "/forward", agent, signal };
      const request = httpRequest({ ...options, headers: { "content-length": length } }, done);
      request.once("error", fail).end(frame);
    });
    const all = await readAll(response, heard);
    const start = all.findIndex((byte) => byte !== ACCEPTED);
    if (start < 0 || all[start] !== FRAME) throw new PeerError("corrupt", "the reply is cut short");
    return all.subarray(start + 1);
  } catch (error) {
    if (error instanceof PeerError) throw error;
    if (signal.aborted) throw signal.reason;
    throw new PeerError("no-accept", `${socketPath} does not answer`, { cause: error });
  }
}
