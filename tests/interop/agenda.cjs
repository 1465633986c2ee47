// QueryAgenda from grpc-js, with no proto at hand: the server's reflection tells all.
// Usage: node agenda.cjs HOST:PORT REQUEST_AS_JSON
const grpc = require("@grpc/grpc-js");
const { GrpcReflection } = require("grpc-js-reflection-client");

async function main(address, request) {
  const credentials = grpc.credentials.createInsecure();
  const reflection = new GrpcReflection(address, credentials);
  const descriptor = await reflection.getDescriptorBySymbol("summitry.v1.AgendaService");
  const { summitry } = descriptor.getPackageObject({ keepCase: true, longs: String, enums: String });
  const client = new summitry.v1.AgendaService(address, credentials);
  const call = (resolve, reject) =>
    client.queryAgenda(request, (error, answer) => (error ? reject(error) : resolve(answer)));
  console.log(JSON.stringify(await new Promise(call)));
  process.exit(0);
}

main(process.argv[2], JSON.parse(process.argv[3])).catch((error) => {
  console.error(String(error));
  process.exit(1);
});
