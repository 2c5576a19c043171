/** @file What all processes of a collective have in common: put on the bus by the first, compared by all. */
import type { Bus } from "./bus.js";
import { PROTOCOL } from "./messages.js";
import { PeerError } from "./peer-error.js";

/** Whether this is the collective that the bus knows by its name. Throws PeerError `mismatch`. */
export async function requireSame(bus: Pick<Bus, "keys">, digest: string): Promise<void> {
  const { keys } = bus;
  const known = await keys.get("run");
  if (known === null) {
    await keys.put("run", { protocol: PROTOCOL, digest }, 0).catch((error: unknown) => {
      // Another process of the collective was first: what it wrote is compared next.
      if (!(error instanceof PeerError) || error.reason !== "conflict") throw error;
    });
    return requireSame(bus, digest);
  }
  if ((known.value as { digest?: unknown }).digest === digest) return;
  throw new PeerError(
    "mismatch",
    "another collective of this name, or an older configuration of it, is on the bus",
  );
}
