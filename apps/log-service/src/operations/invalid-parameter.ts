import { ServiceError } from "../errors.ts";

/** An error that names the parameter, for people in its sentence and for programs in its details. */
export function invalidParameter(parameter: string, problem: string): ServiceError {
  return new ServiceError("NL_PARAMETER_INVALID", `${parameter} ${problem}`, {
    details: { parameter },
  });
}
