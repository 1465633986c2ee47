// QueryAgenda from grpc-js, all pages as one, with no proto at hand: the server's reflection tells all.
// Usage: node agenda.cjs HOST:PORT REQUEST_AS_JSON [CA_FILE], over TLS with the file of an authority.
const { readFileSync } = require("node:fs");
const grpc = require("@grpc/grpc-js");
const { GrpcReflection } = require("grpc-js-reflection-client");

async function main(address, request, authority) {
  const credentials = authority
    ? grpc.credentials.createSsl(readFileSync(authority))
    : grpc.credentials.createInsecure();
  const reflection = new GrpcReflection(address, credentials);
  const descriptor = await reflection.getDescriptorBySymbol("summitry.v1.AgendaService");
  const { summitry } = descriptor.getPackageObject({ keepCase: true, longs: String, enums: String });
  const client = new summitry.v1.AgendaService(address, credentials);
  const call = (page) => (resolve, reject) =>
    client.queryAgenda(page, (error, answer) => (error ? reject(error) : resolve(answer)));
  const items = [];
  let token = "";
  do {
    const answer = await new Promise(call({ ...request, page_token: token }));
    items.push(...answer.items);
    token = answer.next_page_token;
  } while (token);
  process.stdout.write(JSON.stringify({ items }), () => process.exit(0));
}

main(process.argv[2], JSON.parse(process.argv[3]), process.argv[4]).catch((error) => {
  console.error(String(error));
  process.exit(1);
});
