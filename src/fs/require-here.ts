/** Modules that may not be there are asked for by `require`, from where this library, or the file it was made part of, stands. */

// By its default: what is imported by its name is followed by webpack, which would make nothing of it.
import module from 'node:module';

/**
 * A `require` that no bundler and no test runner follows: what it gives is looked for when the program runs. Throws where nothing
 * tells where that is (a module of CommonJS that was made part of one of ESM).
 */
export function requireHere(): NodeJS.Require {
  return module.createRequire(typeof __filename === 'string' ? __filename : import.meta.url);
}
