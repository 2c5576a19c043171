/**
 * @file What every transport offers: heartbeats, requests, keys that are changed by comparing, and snapshots
 * as named bytes. All else (leases, pointers, choice, retries) is made of these, once for all transports.
 */
import type { Heartbeat } from "./messages.js";

export type Stop = () => void;

/** A key's value and its revision, which counts up from 1. */
export interface KeyEntry {
  /** JSON. */
  readonly value: unknown;
  readonly revision: number;
}

export interface Keys {
  get(key: string): Promise<KeyEntry | null>;
  /**
   * Sets a key whose revision is `revision`, 0 where it must not be there. Gives the new revision. Throws
   * PeerError `conflict` where somebody else was first.
   */
  put(key: string, value: unknown, revision: number): Promise<number>;
}

/** Named bytes of one module, written once and never changed. */
export interface Blobs {
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array | null>;
  delete(name: string): Promise<void>;
  list(): Promise<string[]>;
  /** Removes what publishers that died in the middle left behind. */
  tidy(): Promise<void>;
}

/** What a server says while it works. */
export interface Link {
  /** Tells the asker that its request is in good hands; may be said again and again. */
  accept(): void;
}

/** Answers a request frame with a reply frame. Must not reject. */
export type FrameHandler = (frame: Uint8Array, link: Link) => Promise<Uint8Array>;

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Told at every sign of life. */
  heard(): void;
}

/** A process's place on a transport. */
export interface Bus {
  readonly keys: Keys;
  blobs(module: string): Blobs;
  /** Tells all. Never rejects: what is lost is said again. */
  beat(heartbeat: Heartbeat): void;
  onBeat(listener: (heartbeat: Heartbeat) => void): Stop;
  /** Answers requests to an instance of a module. Gives its address where it has one. */
  serve(module: string, instance: string, handler: FrameHandler): Promise<{ address?: string; stop: Stop }>;
  /** Sends a frame to an instance and gives its reply. Throws PeerError; ends when the signal says so. */
  call(server: Heartbeat, frame: Uint8Array, options: CallOptions): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Replies larger than this are refused. */
export const MAXIMUM_FRAME_BYTES = 512 * 1024 * 1024;
