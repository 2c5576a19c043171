/** @file The 19 evaluated classes of Cityscapes, in the order of their train ids. */
import { CITYSCAPES_CLASSES } from "../../tasks/class-names.js";

export const CLASS_NAMES: readonly string[] = CITYSCAPES_CLASSES;

export const [
  ROAD,
  SIDEWALK,
  BUILDING,
  WALL,
  FENCE,
  POLE,
  TRAFFIC_LIGHT,
  TRAFFIC_SIGN,
  VEGETATION,
  TERRAIN,
  SKY,
  PERSON,
  RIDER,
  CAR,
  TRUCK,
  BUS,
  TRAIN,
  MOTORCYCLE,
  BICYCLE,
] = CLASS_NAMES.keys();
