// Maps as pictures that a canvas draws over the photo.

/** Well apart: hues by the golden angle. */
export function classColours(count) {
  return Array.from({ length: count }, (_, i) => hue((i * 137.508 + 210) % 360));
}

function hue(degrees) {
  const part = (shift) => {
    const k = (shift + degrees / 60) % 6;
    return Math.round(255 * (0.85 - 0.7 * Math.max(0, Math.min(k, 4 - k, 1))));
  };
  return [part(5), part(3), part(1)];
}

/** A canvas of a map: `classes` (an index a place, -1 is clear) or `output`, as the model gives it. */
export function drawMap(map) {
  if (map.kind === "classes")
    return painted(map, (i) => (map.values[i] < 0 ? null : map.colours[map.values[i]]));
  const { about, dims, data } = map;
  const [, channels, height, width] = dims;
  const area = height * width;
  if (about.classes !== undefined) {
    const colours = classColours(about.classes.length);
    return painted({ width, height }, (i) => {
      if (channels === 1) return colours[Number(data[i])];
      let best = 0;
      for (let c = 1; c < channels; c++) if (data[c * area + i] > data[best * area + i]) best = c;
      return colours[best];
    });
  }
  if (channels === 3)
    return painted({ width, height }, (i) => [0, 1, 2].map((c) => 127.5 * (1 + data[c * area + i])));
  const [least, most] = rangeOf(data);
  return painted({ width, height }, (i) => scaleColour((data[i] - least) / (most - least || 1)));
}

/** From blue at 0 over green to red at 1. */
const scaleColour = (t) => [255 * t, 255 * (1 - Math.abs(2 * t - 1)), 255 * (1 - t)];

const rangeOf = (data) =>
  data.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );

/** What the colours of an output mean: a colour and words each. */
export function legendOf({ classes, values }, output) {
  if (classes !== undefined) {
    const colours = classColours(classes.length);
    return classes.map((text, i) => ({ colour: colours[i], text }));
  }
  if (output.dims[1] !== 1) return [{ text: values }];
  const [least, most] = rangeOf(output.data).map((value) => value.toPrecision(3));
  return [{ colour: scaleColour(0), text: least }, { colour: scaleColour(1), text: most }, { text: values }];
}

function painted({ width, height }, colourOf) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const colour = colourOf(i);
    if (colour !== null) image.data.set([...colour, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
