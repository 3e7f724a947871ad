/** A disk comes in, a hasher that reads beside the event loop and hashes on it, chunk by chunk, goes out. */

import type { Disk } from '../../store/disk.ts';
import { CHUNK, hashFile, type HashFile } from './hash-file.ts';

export function createInProcessHasher(disk: Disk): HashFile {
  return (file, { signal, onBytes }) =>
    disk.perform(hashFile(file, Buffer.allocUnsafeSlow(CHUNK), onBytes), signal);
}
