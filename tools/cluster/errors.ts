/** An API server's refusal where none was expected: the test or the start cannot go on. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;

  constructor(what: string, status: number, message: string) {
    super(`${what}: ${status} ${message}`);
    this.status = status;
  }
}
