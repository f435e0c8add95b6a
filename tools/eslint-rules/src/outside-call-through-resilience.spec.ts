import { outsideCallThroughResilience } from './outside-call-through-resilience.ts';
import { testRule } from './testing.ts';

testRule('outside-call-through-resilience', outsideCallThroughResilience, {
  passes: [
    { name: 'a server is no outside call', code: "import { createServer } from 'node:http';\ncreateServer();" },
    { name: 'a type is no outside call', code: "import type { Dispatcher } from 'undici';\nimport { type Socket } from 'node:net';" },
    { name: 'a method called fetch is not the global', code: 'this.jwks.fetch(url);' },
    { name: 'declaring a method called fetch is no call', code: 'class Keys { fetch() { return 1; } }' },
    { name: 'a parameter called fetch is not the global', code: 'function load(fetch) { return fetch(1); }' },
    { name: 'keys that are here already call nobody', code: "import { createLocalJWKSet } from 'jose';" },
  ],
  fails: [
    { name: 'fetch is reported', code: "await fetch('http://127.0.0.1');", reports: ['call'] },
    { name: 'fetch of globalThis is reported', code: "await globalThis.fetch('http://127.0.0.1');", reports: ['call'] },
    { name: 'handing fetch on is reported', code: 'const client = new Client({ fetch });', reports: ['call'] },
    { name: 'a web socket is reported', code: "new WebSocket('ws://127.0.0.1');", reports: ['call'] },
    { name: 'an import of a client is reported', code: "import { Pool } from 'undici';", reports: ['call'] },
    { name: 'a late import of a client is reported', code: "const axios = await import('axios');", reports: ['call'] },
    { name: 'requiring a client is reported', code: "const nodemailer = require('nodemailer');", reports: ['call'] },
    { name: "http's request is reported", code: "import { request } from 'node:http';", reports: ['call'] },
    { name: 'request of the whole module is reported', code: "import * as https from 'node:https';\nhttps.get('https://x.example');", reports: ['call'] },
    { name: 'a raw connection is reported', code: "import net from 'net';\nnet.connect(25);", reports: ['call'] },
    { name: 'keys fetched by jose are reported', code: "import { createRemoteJWKSet } from 'jose';", reports: ['call'] },
  ],
});
