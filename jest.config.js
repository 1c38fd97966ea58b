// Tests run as CommonJS through ts-jest; tfjs comes as one bundle that scripts/build.js makes (dist/test/tfjs.cjs).
/** Packages that are ES modules only. */
const modules = '(?:chalk|string-width|strip-ansi|ansi-regex|emoji-regex|get-east-asian-width)';

export default {
  testEnvironment: '<rootDir>/test/environment.cjs',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.test.json', diagnostics: false }],
    [`node_modules/${modules}/.+\\.js$`]: [
      'ts-jest',
      { tsconfig: { allowJs: true, module: 'CommonJS', target: 'ES2022', isolatedModules: true }, diagnostics: false },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/)?${modules}/)`, '/dist/'],
  moduleNameMapper: {
    '^(?:\\.{1,2}/)+tf\\.js$': '<rootDir>/dist/test/tfjs.cjs',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/types', '<rootDir>/runs'],
  reporters: ['default', '<rootDir>/test/skipped.cjs'],
  testTimeout: 240_000,
  maxWorkers: 2,
};
