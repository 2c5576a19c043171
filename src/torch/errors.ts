/** @file The errors of PyTorch's files. */
import { UserError } from "../common/errors.js";

/** The error of a file that is cut short or contradicts itself. */
export function damaged(
  where: string,
  what: string,
  contrast: { expected?: string; got?: string } = {},
): UserError {
  return new UserError({ code: "torch.damaged", where, what: `damaged PyTorch file: ${what}`, ...contrast });
}

/** The error of a file that asks for what this reader does not do, such as running code. */
export function refused(where: string, what: string): UserError {
  return new UserError({
    code: "torch.refused",
    where,
    what,
    expected: "tensors in dictionaries, saved by torch.save",
    fix: "Save the tensors alone: torch.save(model.state_dict(), path).",
  });
}
