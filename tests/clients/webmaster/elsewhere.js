// The client knows one address; sending its requests to another one is all that is done to it, and not in its own code.
const http = require('http')
const https = require('https')

const server = new URL(process.argv[2])
const asked = []

https.request = (options, answered) => {
  if (options.hostname !== 'cityads.com') throw new Error(`nobody was to ask ${options.hostname}`)
  asked.push(options.path.replace(/remote_auth=[^&]*/, 'remote_auth=...'))
  const { hostname, port } = server
  return http.request({ ...options, protocol: 'http:', host: server.host, hostname, port }, answered)
}

module.exports = asked
