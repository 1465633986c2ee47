// Follows a calendar from grpc-js, with no proto at hand, over restarts of the server.
// Usage: node watch.cjs HOST:PORT CALENDAR; each change is a line of JSON, so are breaks and CAUGHT_UP.
const grpc = require("@grpc/grpc-js");
const { GrpcReflection } = require("grpc-js-reflection-client");

const RETRIED = [grpc.status.UNAVAILABLE, grpc.status.ABORTED, grpc.status.CANCELLED, grpc.status.INTERNAL];
const tell = (value) => console.log(JSON.stringify(value));

function follow(client, view, token) {
  const stream = client.watchChanges(token ? { view, token } : { view, now: {} });
  stream.on("data", (message) => {
    for (const { kind, name, revision } of message.changes?.changes ?? []) tell({ kind, name, revision });
    token = message.token; // kept when the changes have been taken
    if (message.caught_up) tell({ caught_up: message.header.revision });
  });
  stream.on("error", (error) => {
    if (!RETRIED.includes(error.code)) throw error;
    tell({ broken: grpc.status[error.code] });
    setTimeout(() => follow(client, view, token), 100 + 100 * Math.random());
  });
}

async function main(address, parent) {
  const credentials = grpc.credentials.createInsecure();
  const reflection = new GrpcReflection(address, credentials);
  const descriptor = await reflection.getDescriptorBySymbol("summitry.v1.ChangeService");
  const shape = { keepCase: true, longs: Number, enums: String, arrays: true };
  const { summitry } = descriptor.getPackageObject(shape);
  const backoff = { "grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 1000 };
  follow(new summitry.v1.ChangeService(address, credentials, backoff), { parent }, "");
}

main(...process.argv.slice(2));
