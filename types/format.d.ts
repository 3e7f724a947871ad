export * from '../dist/format.cjs';
