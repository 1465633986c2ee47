// Reads lists to their end from grpc-js with default settings, with no proto at hand, and counts their entries.
// Usage: node lists.cjs HOST:PORT, with the lists as JSON on stdin; see test_largest_records.py.
const { readFileSync } = require("node:fs");
const grpc = require("@grpc/grpc-js");
const { GrpcReflection } = require("grpc-js-reflection-client");

const credentials = grpc.credentials.createInsecure();

// protobuf.js has no JSON form of durations.
const asObject = (request) =>
  request.duration ? { ...request, duration: { seconds: parseInt(request.duration) } } : request;

async function pages(client, { method, request, field, next }) {
  let count = 0;
  let begin = {};
  for (;;) {
    const answer = await new Promise((resolve, reject) =>
      client[method]({ ...asObject(request), ...begin }, (error, reply) => (error ? reject(error) : resolve(reply))),
    );
    count += answer[field].length;
    if (!answer[next] || (next === "next_token" && !answer.more)) return count;
    if (next === "next_token") begin = { log_start: undefined, token: answer[next] };
    else begin = { page_token: answer[next] };
  }
}

function stream(client, { method, request, field, event }) {
  return new Promise((resolve, reject) => {
    let count = 0;
    const call = client[method](request);
    call.on("data", (message) => {
      const batch = event ? message[event] : message;
      count += batch?.[field]?.length ?? 0;
      if (message.caught_up) call.cancel();
    });
    call.on("end", () => resolve(count));
    call.on("error", (error) => (error.code === grpc.status.CANCELLED ? resolve(count) : reject(error)));
  });
}

async function main(address) {
  const lists = JSON.parse(readFileSync(0, "utf8"));
  const reflection = new GrpcReflection(address, credentials);
  const counts = {};
  for (const [name, list] of Object.entries(lists)) {
    const descriptor = await reflection.getDescriptorBySymbol(`summitry.v1.${list.service}`);
    const shape = { keepCase: true, longs: String, enums: String, arrays: true };
    const { summitry } = descriptor.getPackageObject(shape);
    const client = new summitry.v1[list.service](address, credentials);
    counts[name] = await (list.next ? pages : stream)(client, list);
    client.close();
  }
  process.stdout.write(JSON.stringify(counts), () => process.exit(0));
}

main(process.argv[2]).catch((error) => {
  console.error(String(error));
  process.exit(1);
});
