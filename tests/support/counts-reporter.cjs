// Ends the run with `N passed, N failed, N skipped`, alone on the last line. Suites that could not even start count as
// failures, so a file with a syntax error can't pass as "no tests".
module.exports = class CountsReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    for (const suite of results.testResults) {
      for (const test of suite.testResults) {
        if (test.status === 'pending') process.stderr.write(`skipped: ${test.fullName}\n`);
      }
    }
    process.stderr.write('', () =>
      process.stdout.write(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`),
    );
  }
};
