// The same as lists.cjs from connect-node with default settings, by descriptors in a file.
// Usage: node lists.mjs HOST:PORT DESCRIPTORS, with the lists as JSON on stdin.
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, fromJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

const [address, file] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(file)));
const transport = createGrpcTransport({ baseUrl: `http://${address}` });
const local = (message, name) => message.fields.find((field) => field.name === name).localName;

async function pages(client, method, { request, field, next }) {
  let count = 0;
  let begin = {};
  for (;;) {
    const answer = await client[method.localName](fromJson(method.input, { ...request, ...begin }, { registry }));
    count += answer[local(method.output, field)].length;
    const token = answer[local(method.output, next)];
    if (!token || (next === "next_token" && !answer.more)) return count;
    if (next === "next_token") {
      const { log_start, ...rest } = request;
      request = rest;
      begin = { token };
    } else begin = { page_token: token };
  }
}

async function stream(client, method, { request, field, event }) {
  let count = 0;
  for await (const message of client[method.localName](fromJson(method.input, request, { registry }))) {
    if (event && message.event.case === "caughtUp") break;
    const batch = event ? message.event.value : message;
    count += batch[field]?.length ?? 0;
  }
  return count;
}

const counts = {};
for (const [name, list] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const service = registry.getService(`summitry.v1.${list.service}`);
  const method = service.methods.find((candidate) => candidate.name === list.method);
  counts[name] = await (list.next ? pages : stream)(createClient(service, transport), method, list);
}
process.stdout.write(JSON.stringify(counts), () => process.exit(0));
