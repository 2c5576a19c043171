/** @file What annotation tools draw: shapes with labels on images. */
import type { z } from "zod";
import { UserError } from "../../common/errors.js";
import type { FillRule } from "./rasterise.js";

/** x and y; 0, 0 is the upper left corner of the upper left pixel. */
export type Point = readonly [x: number, y: number];

/**
 * Something drawn; later ones lie over earlier ones. Shapes without a label have none that counts:
 * ignored.
 */
export type Shape = { readonly label: string | null } & (
  | { readonly ring: readonly Point[] }
  /** Zeros and ones, row by row, whose first pixel lies at `left`, `top`. */
  | { readonly left: number; readonly top: number; readonly width: number; readonly data: Uint8Array }
);

/** An image as its tool describes it. */
export interface AnnotatedImage {
  /** Path or name of the image, as the tool has it, with or without an extension. */
  readonly image: string;
  /** The file that says so. */
  readonly where: string;
  /** In pixels; left out where the tool does not say. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Whether rings are in pixels or in shares of width and height. */
  readonly unit: "pixels" | "shares";
  readonly shapes: readonly Shape[];
}

export interface Annotations {
  readonly images: readonly AnnotatedImage[];
  /** Names of classes in the tool's order, where it has one; else in the order of the alphabet. */
  readonly classes?: readonly string[];
  /** Whether nothing is to be seen on images that it does not speak of; else they are not annotated. */
  readonly complete?: boolean;
}

/** How a tool writes its annotations. */
export interface AnnotationFormat {
  readonly name: string;
  /** What `read` takes, in words. */
  readonly takes: string;
  /** Which pixels belong to a ring, as the tool itself has it. */
  readonly rule: FillRule;
  /** Where the images lie if nobody says so. */
  imagesBeside(path: string): string;
  /** Throws UserError naming the file. */
  read(path: string): Promise<Annotations>;
}

/** The error of a file that is not what the tool writes. */
export function badAnnotations(where: string, what: string, got?: string): UserError {
  return new UserError({ code: "data.bad-annotations", what, where, ...(got !== undefined && { got }) });
}

/** A value checked by a schema. Throws UserError with the key that does not hold. */
export function checked<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw badAnnotations(where, `\`${path.join(".")}\`: ${message}`);
}

/** JSON, checked by a schema. Throws UserError. */
export function checkedJson<T extends z.ZodType>(schema: T, text: string, where: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badAnnotations(where, "this is no JSON", (error as Error).message);
  }
  return checked(schema, value, where);
}
