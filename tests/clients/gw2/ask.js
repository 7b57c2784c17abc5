// Asks a server through gw2api-client as its users do, and prints what came back as one JSON object.
const fetch = require('lets-fetch') // what the client itself fetches with
const gw2 = require('gw2api-client')
const memoryCache = require('gw2api-client/src/cache/memory')

const server = process.argv[2]
const asked = []

// The client knows one address; sending its requests to another one is all that is done to it.
const elsewhere = (url) => {
  asked.push(url)
  return url.replace('https://api.guildwars2.com', server)
}
const client = (lang = 'en') => {
  const made = gw2().language(lang)
  made.fetch = {
    single: (url, options) => fetch.single(elsewhere(url), options),
    many: (urls, options) => fetch.many(urls.map(elsewhere), options)
  }
  return made
}
const refusal = (promise) => promise.then(
  () => 'answered', error => ({ status: error.response.status, text: error.content.text })
)
const upTo = (last) => Array.from({ length: last }, (_, index) => index + 1)

async function read () {
  return {
    ids: await client().currencies().ids(),
    one: await client().currencies().get(1),
    languages: await Promise.all(['en', 'es', 'de', 'fr', 'zh'].map(
      async lang => (await client(lang).currencies().get(1)).name
    )),
    many: await client().currencies().many([2, 1]),
    all: await client().currencies().all(),
    page: await client().items().page(1, 200),
    lastPage: await client().items().page(2),
    allByPages: (await client().items().all()).map(item => item.id),
    manyInChunks: (await client().items().many(upTo(450))).map(item => item.id),
    text: await client().quaggans().get('hat'),
    world: await client('de').worlds().get(2001),
    worlds: await client('fr').worlds().all(),
    child: await client().achievements().categories().all(),
    parent: await client().achievements().get(7),
    group: await client().commerce().prices().many([1, 2]),
    someMissing: await client().currencies().many([1, 99]),
    anySchema: await client().schema('latest').currencies().get(2)
  }
}

async function beRefused () {
  return {
    missing: await refusal(client().currencies().get(99)),
    allMissing: await refusal(client().currencies().many([98, 99])),
    pageTooHigh: await refusal(client().items().page(3)),
    noSuchEndpoint: await refusal(client().maps().ids()),
    noSuchLanguage: await refusal(client('tlh').currencies().get(1))
  }
}

// The client keeps what it was given until the server tells of a new build.
async function cache () {
  const cached = client().cacheStorage(memoryCache())
  const requestsFor = async (ask) => {
    const before = asked.length
    await ask()
    return asked.length - before
  }
  const currency = () => cached.currencies().get(1)
  await cached.flushCacheIfGameUpdated()
  const first = await requestsFor(currency)
  const again = await requestsFor(currency)
  await cached.flushCacheIfGameUpdated() // each call finds a newer build
  const afterUpdate = await requestsFor(currency)
  const partly = await requestsFor(() => cached.currencies().many([1, 2]))
  const live = await requestsFor(() => cached.currencies().live().get(1))
  return { first, again, afterUpdate, partly, live }
}

async function main () {
  const told = { ...await read(), refused: await beRefused(), requests: await cache() }
  process.stdout.write(JSON.stringify(told), () => process.exit(0)) // the memory cache's timer would go on for ever
}

main().catch(error => { console.error(error); process.exit(1) })
