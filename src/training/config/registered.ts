/**
 * @file Schemas of `name` plus options, put together from a registry: whoever is registered can be
 * configured.
 */
import { z } from "zod";

/** `name` and whatever options its registry entry knows. */
export interface Named {
  readonly name: string;
  readonly [option: string]: unknown;
}

interface Registered {
  readonly name: string;
  readonly options: z.ZodType;
}

/**
 * A union over the registry's entries, told apart by `name`; `further` gives fields that an entry takes
 * besides its own options.
 */
export function registered<R extends Registered>(
  registry: Readonly<Record<string, R>>,
  further: (entry: R) => z.ZodRawShape = () => ({}),
): z.ZodType<Named> {
  const members = Object.values(registry).map((entry) => {
    if (!(entry.options instanceof z.ZodObject))
      throw new TypeError(`the options of ${entry.name} are no object`);
    return z.strictObject({ name: z.literal(entry.name), ...further(entry), ...entry.options.shape });
  });
  const [first, ...rest] = members;
  return z.discriminatedUnion("name", [first, ...rest]) as unknown as z.ZodType<Named>;
}

/**
 * The options of an entry without its name and the fields that others read, as `definition.options` takes
 * them.
 */
export function optionsOf(config: Named, without: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => key !== "name" && !without.includes(key)),
  );
}
