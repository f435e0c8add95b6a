import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

/** A certificate with its private key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const dayMs = 86_400_000;

/** An authority of a test's own, and what it vouches for (RFC 5280). Nobody trusts it who was not told to. */
export class TestAuthority {
  /** Its own, and of all that it vouches for: to make a pair takes a while. */
  private readonly keys = keyPair();
  private readonly own = this.issue('Authority of a test', [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ]);

  /** Its certificate, in PEM. */
  get cert(): string {
    return this.own.cert;
  }

  /** A server's, for a name alone. @param validForDays from today on; below 0 it has expired */
  certify(name: string, validForDays = 1): Certificate {
    return this.issue(name, [
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ], validForDays);
  }

  private issue(commonName: string, extensions: object[], validForDays = 1): Certificate {
    const { publicKey, key } = this.keys;
    const made = forge.pki.createCertificate();
    made.publicKey = publicKey;
    made.serialNumber = `01${Buffer.from(commonName).toString('hex').slice(0, 30)}`;
    made.validity.notBefore = new Date(Date.now() - 3 * dayMs);
    made.validity.notAfter = new Date(Date.now() + validForDays * dayMs);
    made.setSubject([{ name: 'commonName', value: commonName }]);
    made.setIssuer([{ name: 'commonName', value: 'Authority of a test' }]);
    made.setExtensions(extensions);
    made.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create());
    return { cert: forge.pki.certificateToPem(made), key };
  }
}

/** By Node: forge's own take seconds. */
function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs1', format: 'pem' } });
  return { publicKey: forge.pki.publicKeyFromPem(publicKey), key: privateKey };
}
