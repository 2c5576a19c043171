#!/usr/bin/env bash
# Three trainers and two forward-pass servers on this machine, over a broker of their own.
#   start:  examples/cluster/shell.sh RUN_DIR [CONFIG]      resume: the same once more
#   stop:   Ctrl-C (trainers save, servers finish what they have)
#   logs:   RUN_DIR/logs/*.log; records of every step in RUN_DIR/modules/*/metrics.jsonl
set -euo pipefail
run=${1:?folder of the run}
config=${2:-$(dirname "$0")/collective.yaml}
taskloom=${TASKLOOM:-taskloom}
port=${PORT:-4222}
bus=nats://127.0.0.1:$port
mkdir -p "$run/logs"

nats-server -js -sd "$run/broker" -a 127.0.0.1 -p "$port" -l "$run/logs/broker.log" &
broker=$!
servers=()
trainers=()
finish() { kill "${trainers[@]}" 2>/dev/null || true; wait "${trainers[@]}" || true; kill "${servers[@]}" 2>/dev/null || true; wait "${servers[@]}" || true; kill "$broker" || true; wait; }
trap finish EXIT
trap 'exit 130' INT TERM
sleep 1

for module in ${SERVED:-depth normals}; do
  $taskloom forward-server "$config" --module "$module" --bus "$bus" 2>>"$run/logs/server-$module.log" &
  servers+=($!)
done
for module in ${MODULES:-depth normals edges}; do
  resume=()
  [ -e "$run/modules/$module/config.resolved.yaml" ] && resume=(--resume)
  $taskloom trainer "$config" --module "$module" --run "$run" --bus "$bus" "${resume[@]}" 2>>"$run/logs/trainer-$module.log" &
  trainers+=($!)
done
for pid in "${trainers[@]}"; do wait "$pid"; done
