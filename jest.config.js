export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tests/support/strip-types.cjs' },
  reporters: ['default', '<rootDir>/tests/support/counts-reporter.cjs'],
  testTimeout: 20_000,
  maxWorkers: 2,
};
