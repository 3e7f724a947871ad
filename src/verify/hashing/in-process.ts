/** An artifact comes in and is read beside the event loop and hashed on it, chunk by chunk. */

import { CHUNK, hashFile, type HashFile } from './hash-file.ts';

export const hashInProcess: HashFile = (file, { disk, signal, onBytes }) =>
  disk.perform(hashFile(file, Buffer.allocUnsafeSlow(CHUNK), onBytes), signal);
