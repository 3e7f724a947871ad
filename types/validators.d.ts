export * from '../dist/validators.cjs';
