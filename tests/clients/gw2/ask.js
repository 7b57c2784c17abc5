// Asks a server through gw2api-client as its users do, and prints what came back as one JSON object.
const client = require('gw2api-client')

const server = process.argv[2]
const at = (endpoint) => { endpoint.baseUrl = server; return endpoint }

async function main () {
  const german = client().language('de')
  const told = {
    ids: await at(client().currencies()).ids(),
    one: await at(client().currencies()).get(1),
    localized: await at(german.currencies()).get(1),
    many: await at(client().currencies()).many([2, 1]),
    all: await at(client().currencies()).all(),
    page: await at(client().items()).page(1, 200),
    allByPages: (await at(client().items()).all()).length,
    manyInChunks: (await at(client().items()).many(Array.from({ length: 450 }, (_, i) => i + 1))).length,
    text: await at(client().quaggans()).get('hat')
  }
  told.missing = await at(client().currencies()).get(99).catch(error => ({ status: error.response.status, text: error.content.text }))
  console.log(JSON.stringify(told))
}

main().catch(error => { console.error(error); process.exit(1) })
