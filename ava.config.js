// Test files run one at a time and each in its own process: two OpenMP teams on the same cores slow both tenfold.
export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  workerThreads: false,
  concurrency: 1,
  timeout: '10m',
}
