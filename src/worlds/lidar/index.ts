/** @file LiDAR: sensors, and their sweeps in a world. */
export type { LidarBox } from "./boxes.js";
export { DEFAULT_LIDAR, type LidarSensor, lidarByName, lidarSensors } from "./sensors.js";
export type { Sweep } from "./sweep.js";
