// A jest reporter: one line at the end when TensorFlow's tests were skipped for want of its library.
module.exports = class {
  onRunComplete(_, { testResults }) {
    const skipped = testResults
      .flatMap(({ testResults: tests }) => tests)
      .filter(({ status, ancestorTitles }) => status === 'pending' && /TensorFlow/.test(ancestorTitles[0] ?? ''));
    if (skipped.length > 0)
      console.log(`TensorFlow is not installed: ${skipped.length} tests were skipped (gpt-cli setup tensorflow)`);
  }
};
