/** Ends an exhaustive switch: a case that is not handled is a compile error, and a wrong value at run time throws. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value of type ${typeof value}`);
}
