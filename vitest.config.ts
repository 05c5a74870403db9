import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'web/src/**/*.test.ts'],
    // Many tests wait for processes of their own: with one worker fewer than cores, cores would stand idle.
    maxWorkers: '100%',
    // No check: a busy machine may take several times as long, a test that hangs ends all the same.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
