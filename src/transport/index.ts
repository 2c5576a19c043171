/** @file Transports between the processes of a collective: frames, requests, snapshots, leases. */
export { type AddressOptions, type BusAddress, parseBusAddress } from "./address.js";
export { initSecurity, type SecurityOptions } from "./security/init.js";
