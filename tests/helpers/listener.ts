/** A recorder that only hears the steps. */
export function listener(onStep: (step: number) => unknown) {
  const ignore = () => undefined;
  return {
    record: (record: { step: number }) => void onStep(record.step),
    picture: ignore,
    text: ignore,
    flush: ignore,
    close: ignore,
  };
}
