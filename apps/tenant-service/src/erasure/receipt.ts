import { hash, randomBytes } from 'node:crypto';

/** 256 random bits: what shows the one who asked for an erasure to be the one who asks about it. */
export const newReceipt = () => randomBytes(32).toString('base64url');

/** What is kept of it. */
export const hashReceipt = (receipt: string) => hash('sha256', receipt, 'buffer');
