/**
 * @file A pickle machine (https://docs.python.org/3/library/pickletools.html) that builds data and can do
 * nothing else: the opcodes that torch.save writes, and of Python's names those alone that the caller knows.
 * Whatever else a file asks for is refused. Needs no Node.
 */
import { damaged, refused } from "./errors.js";

/** A function that a pickle may call. */
export interface PickleFunction {
  readonly call: (args: readonly unknown[]) => unknown;
}

/** What names and persistent ids of a pickle stand for. Both throw UserError for what they do not know. */
export interface PickleContext {
  global(module: string, name: string): unknown;
  persistent(id: unknown): unknown;
}

/**
 * None, bool, int and float, str, list and tuple, dict come out as null, boolean, number (bigint beyond
 * 2^53), string, array, Map.
 */
export interface Unpickled {
  readonly value: unknown;
  /** Where the pickle ended. */
  readonly end: number;
}

/**
 * Runs the pickle that starts at `start`.
 * @throws UserError `torch.damaged`, `torch.refused`, or the context's.
 */
export function unpickle(bytes: Uint8Array, start: number, context: PickleContext, where: string): Unpickled {
  const machine = new Machine(bytes, start, context, where);
  for (;;) {
    const code = machine.byte();
    if (code === STOP) return { value: machine.pop(), end: machine.position };
    const operation = OPERATIONS.get(code);
    if (operation === undefined) {
      throw refused(where, `the pickle holds opcode 0x${code.toString(16)}, which is not read`);
    }
    operation(machine);
  }
}

class Machine {
  position: number;
  readonly context: PickleContext;
  readonly where: string;
  readonly memo = new Map<number, unknown>();
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];

  constructor(bytes: Uint8Array, start: number, context: PickleContext, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.context = context;
    this.where = where;
  }

  /** Steps over the next `count` bytes and gives their position. */
  #skip(count: number): number {
    const at = this.position;
    if (count > this.#bytes.length - at) throw damaged(this.where, "the pickle is cut short");
    this.position = at + count;
    return at;
  }
  byte(): number {
    return this.#bytes[this.#skip(1)];
  }
  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }
  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }
  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }
  float64(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }
  text(length: number): string {
    const at = this.#skip(length);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw damaged(this.where, "the pickle is cut short");
    const text = this.text(end - this.position);
    this.#skip(1);
    return text;
  }
  /** Two's complement, little-endian, of any length. */
  long(length: number): number | bigint {
    const at = this.#skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i]);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }
  pop(): unknown {
    if (this.#stack.length === 0) throw damaged(this.where, "the pickle takes more values than there are");
    return this.#stack.pop();
  }
  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }
  mark(): void {
    this.#marks.push(this.#stack.length);
  }
  /** The values above the last mark. */
  popMark(): unknown[] {
    const height = this.#marks.pop();
    if (height === undefined) throw damaged(this.where, "the pickle lacks a mark");
    return this.#stack.splice(height);
  }
  /** The last `count` values. */
  popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }
  remember(key: number): void {
    this.memo.set(key, this.top());
  }
  recall(key: number): void {
    if (!this.memo.has(key)) throw damaged(this.where, `the pickle has no memo ${key}`);
    this.push(this.memo.get(key));
  }
}

function extend(machine: Machine, values: readonly unknown[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw damaged(machine.where, "the pickle appends to what is no list");
  for (const value of values) list.push(value);
}

function setItems(machine: Machine, values: readonly unknown[]): void {
  const map = machine.top();
  if (!(map instanceof Map) || values.length % 2 !== 0) {
    throw damaged(machine.where, "the pickle sets items of what is no dictionary");
  }
  for (let i = 0; i < values.length; i += 2) map.set(values[i], values[i + 1]);
}

function reduce(machine: Machine): void {
  const [callable, args] = machine.popMany(2);
  const call = (callable as Partial<PickleFunction> | null)?.call;
  const known = typeof callable === "object" && Object.hasOwn(callable ?? {}, "call");
  if (!known || call === undefined || !Array.isArray(args)) {
    throw damaged(machine.where, "the pickle calls what is no function");
  }
  machine.push(call(args));
}

/**
 * Attributes of an object: those of dictionaries (`_metadata` of state dictionaries) are left out, others do
 * not come up.
 */
function build(machine: Machine): void {
  machine.pop();
  if (!(machine.top() instanceof Map))
    throw damaged(machine.where, "the pickle builds what is no dictionary");
}

function named(machine: Machine, module: unknown, name: unknown): void {
  if (typeof module !== "string" || typeof name !== "string") {
    throw damaged(machine.where, "the pickle names a global by what is no text");
  }
  machine.push(machine.context.global(module, name));
}

const STOP = 0x2e;
const OPERATIONS: ReadonlyMap<number, (machine: Machine) => void> = new Map([
  [0x80, (m) => void m.byte()], // PROTO
  [0x95, (m) => void m.long(8)], // FRAME
  [0x28, (m) => m.mark()], // MARK
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.int32())], // BININT
  [0x4b, (m) => m.push(m.byte())], // BININT1
  [0x4d, (m) => m.push(m.uint16())], // BININT2
  [0x8a, (m) => m.push(m.long(m.byte()))], // LONG1
  [0x47, (m) => m.push(m.float64())], // BINFLOAT
  [0x58, (m) => m.push(m.text(m.uint32()))], // BINUNICODE
  [0x8c, (m) => m.push(m.text(m.byte()))], // SHORT_BINUNICODE
  [0x54, (m) => m.push(m.text(m.uint32()))], // BINSTRING, of Python 2
  [0x55, (m) => m.push(m.text(m.byte()))], // SHORT_BINSTRING, of Python 2
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x74, (m) => m.push(m.popMark())], // TUPLE
  [0x85, (m) => m.push(m.popMany(1))], // TUPLE1
  [0x86, (m) => m.push(m.popMany(2))], // TUPLE2
  [0x87, (m) => m.push(m.popMany(3))], // TUPLE3
  [0x61, (m) => extend(m, m.popMany(1))], // APPEND
  [0x65, (m) => extend(m, m.popMark())], // APPENDS
  [0x73, (m) => setItems(m, m.popMany(2))], // SETITEM
  [0x75, (m) => setItems(m, m.popMark())], // SETITEMS
  [0x71, (m) => m.remember(m.byte())], // BINPUT
  [0x72, (m) => m.remember(m.uint32())], // LONG_BINPUT
  [0x94, (m) => m.remember(m.memo.size)], // MEMOIZE
  [0x68, (m) => m.recall(m.byte())], // BINGET
  [0x6a, (m) => m.recall(m.uint32())], // LONG_BINGET
  [0x63, (m) => named(m, m.line(), m.line())], // GLOBAL
  [0x93, (m) => named(m, ...(m.popMany(2) as [unknown, unknown]))], // STACK_GLOBAL
  [0x51, (m) => m.push(m.context.persistent(m.pop()))], // BINPERSID
  [0x52, reduce], // REDUCE
  [0x62, build], // BUILD
]);
