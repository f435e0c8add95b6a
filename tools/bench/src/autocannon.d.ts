/** What is used of autocannon 9, which brings no types (its README, "API"). */
declare module 'autocannon' {
  interface Request {
    headers?: Record<string, string>;
  }

  interface Options {
    url: string;
    connections: number;
    /** In seconds. */
    duration: number;
    method: string;
    body: string;
    headers: Record<string, string>;
    requests?: { setupRequest(request: Request): Request }[];
  }

  interface Result {
    /** In seconds. */
    duration: number;
    '2xx': number;
    non2xx: number;
    errors: number;
  }

  function autocannon(options: Options): Promise<Result>;
  export { type Options, type Request, type Result };
  export default autocannon;
}
