import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { buildProgram } from "../src/cli/main.js";
import { readCollective } from "../src/collective/index.js";

const folder = resolve("examples/cluster");
const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");

const labels = z.record(z.string(), z.string());
const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()),
  args: z.array(z.string()).optional(),
  resources: z.strictObject({ requests: z.record(z.enum(["cpu", "memory"]), z.string()) }),
  volumeMounts: z.array(
    z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() }),
  ),
});
const volume = z.union([
  z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: z.string() }) }),
  z.strictObject({ name: z.string(), configMap: z.strictObject({ name: z.string() }) }),
  z.strictObject({ name: z.string(), secret: z.strictObject({ secretName: z.string() }) }),
]);
const pod = z.strictObject({
  metadata: z.strictObject({ labels }),
  spec: z.strictObject({
    restartPolicy: z.enum(["OnFailure", "Never", "Always"]).optional(),
    terminationGracePeriodSeconds: z.int(),
    containers: z.array(container).min(1),
    volumes: z.array(volume),
  }),
});
const metadata = z.strictObject({ name: z.string().regex(/^[a-z0-9-]{1,63}$/), labels: labels.optional() });
const manifest = z.discriminatedUnion("kind", [
  z.strictObject({
    ...{ apiVersion: z.literal("v1"), kind: z.literal("PersistentVolumeClaim"), metadata },
    spec: z.strictObject({
      accessModes: z.array(z.enum(["ReadWriteOnce", "ReadWriteMany"])),
      resources: z.strictObject({ requests: z.strictObject({ storage: z.string().regex(/^\d+[MGT]i$/) }) }),
    }),
  }),
  z.strictObject({
    ...{ apiVersion: z.literal("batch/v1"), kind: z.literal("Job"), metadata },
    spec: z.strictObject({ backoffLimit: z.int(), template: pod }),
  }),
  z.strictObject({
    ...{ apiVersion: z.literal("apps/v1"), kind: z.literal("Deployment"), metadata },
    spec: z.strictObject({
      replicas: z.int(),
      selector: z.strictObject({ matchLabels: labels }),
      template: pod,
    }),
  }),
]);

/** Throws where the command line does not know one of these options. */
function requireKnown(line: string): void {
  const [name, ...rest] = line.replace(/["'{}:$+()]/g, " ").split(/\s+/);
  const command = buildProgram().commands.find((each) => each.name() === name);
  expect(command, name).toBeDefined();
  const known = command!.options.map(({ long }) => long);
  for (const option of rest.filter((word) => /^--[a-z]/.test(word))) expect(known, line).toContain(option);
}

describe("launching files", () => {
  test("the collective they start is one", async () => {
    const { name, modules, staleness } = await readCollective(join(folder, "collective.yaml"));
    expect([name, modules.length, staleness.steps]).toEqual(["rooms", 3, 100]);
  });

  test("shell scripts parse, and their commands are known", () => {
    for (const file of ["shell.sh", "slurm.sbatch"]) {
      expect(spawnSync("bash", ["-n", join(folder, file)]).status, file).toBe(0);
    }
    for (const file of [
      "shell.sh",
      "slurm.sbatch",
      "systemd/taskloom-trainer@.service",
      "systemd/taskloom-server@.service",
    ]) {
      const lines = [...read(file).matchAll(/(?:taskloom|\$taskloom) ((?:trainer|forward-server) [^\n&]*)/g)];
      expect(lines.length, file).toBeGreaterThan(0);
      for (const [, line] of lines) requireKnown(line);
    }
  });

  test("manifests have the fields of their kinds, and each mount its volume", () => {
    const documents = parseAllDocuments(read("kubernetes", "collective.yaml")).map((each) =>
      manifest.parse(each.toJS()),
    );
    expect(documents.map(({ kind }) => kind)).toEqual(["PersistentVolumeClaim", "Job", "Deployment"]);
    for (const document of documents) {
      if (document.kind === "PersistentVolumeClaim") continue;
      const { template } = document.spec;
      const volumes = template.spec.volumes.map(({ name }) => name);
      for (const { volumeMounts, command, args = [] } of template.spec.containers) {
        expect(volumeMounts.every(({ name }) => volumes.includes(name))).toBe(true);
        const line = [...command, ...args].join(" ");
        requireKnown(/taskloom (.*)/.exec(line)![1]);
      }
      if (document.kind === "Deployment")
        expect(template.metadata.labels).toEqual(document.spec.selector.matchLabels);
    }
  });

  test("units have their sections", () => {
    for (const file of ["taskloom-trainer@.service", "taskloom-server@.service"]) {
      const sections = [...read("systemd", file).matchAll(/^\[(\w+)\]$/gm)].map(([, name]) => name);
      expect(sections).toEqual(["Unit", "Service", "Install"]);
    }
  });
});
