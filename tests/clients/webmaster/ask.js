// Asks a server through cityads-webmaster-api as its users do, and prints what came back as one JSON object.
const asked = require('./elsewhere') // before the client asks anything
const Cityads = require('cityads-webmaster-api')

const [, , , token, stranger] = process.argv
const api = new Cityads(token)
const day = text => new Date(`${text}T12:00:00`).getTime() // the client tells days in the zone of its machine
const [first, last] = [day('2026-01-01'), day('2026-01-31')]
const failure = promise => promise.then(value => ({ value }), error => ({ error: error.constructor.name }))

async function read () {
  return {
    profile: await api.getProfile(),
    balance: await api.getBalance(),
    charges: await api.chargeHistoryList(),
    channels: await api.getTrafficChannels(),
    links: await api.getOfferLinksByOfferId(101),
    linksOfChannel: await api.getOfferLinksByOfferId(101, 12),
    native: await api.apiRequest('geo'),
    positions: await api.apiRequest('offers/all/0/2/cpl/desc'),
    mixed: await api.apiRequest('offers/web/1', new Map([['limit', 2], ['sort', 'id'], ['language', 'ru']])),
    statuses: [Cityads.STATUS_OPEN, Cityads.STATUS_APPROVED, Cityads.STATUS_REJECTED]
  }
}

async function readOffers () {
  return {
    offer: await api.getOfferDataByOfferId(101),
    some: await api.getOffersData([103, 101, 999999]),
    ofChannel: await api.getOffersData([101, 102, 103], 12),
    all: await api.getOffersData()
  }
}

async function readStatistics () {
  return {
    leads: await api.getLeadsByOfferId(first, last, 101),
    leadsOfChannel: await api.getLeadsByOfferId(first, last, 101, 12),
    leadsOfVisitor: await api.getLeadsByOfferId(first, last, null, null, 'visitor 7'),
    leadsOfAll: (await api.getLeadsByOfferId(first, last)).length,
    offers: await api.getStatisticsOffersByOfferId(first, last),
    offersByChannel: await api.getStatisticsOffersByOfferId(first, last, 101, null, 'channel_id'),
    rate: await api.getCrByOfferId(first, last, 101),
    rateOfNothing: await api.getCrByOfferId(first, last, 999999),
    commissions: await api.getWebmasterCommissions(first, last),
    commissionsOfOne: await api.getWebmasterCommissions(first, last, 102)
  }
}

async function beRefused () {
  const nobody = new Cityads(stranger)
  const upsideDown = [last, first]
  return {
    profile: await failure(nobody.getProfile()),
    offers: await failure(nobody.getOffersData([101])),
    charges: await failure(nobody.chargeHistoryList()),
    noSuchOffer: await failure(api.getOfferDataByOfferId(999999)),
    noLinks: await failure(api.getOfferLinksByOfferId(999999)),
    noSuchResource: await failure(api.apiRequest('moons')),
    wrongType: await failure(api.apiRequest('offers/paper')),
    wrongPeriod: await failure(api.getLeadsByOfferId(...upsideDown))
  }
}

async function main () {
  const told = { ...await read(), ...await readOffers(), ...await readStatistics(), refused: await beRefused(), asked }
  process.stdout.write(JSON.stringify(told))
}

main().catch(error => { console.error(error); process.exitCode = 1 })
