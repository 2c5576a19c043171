/** @file What can be asked of a station from another thread than its own. */

/** Methods of `Station`, less `close`, which ends the thread, too. */
export const STATION_METHODS = [
  ...(["tell", "claim", "descriptions", "publish", "ask", "awaitServers"] as const),
  ...(["digestsOf", "stepsOf", "serve"] as const),
] as const;
