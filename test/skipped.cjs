// A jest reporter: one line at the end when TensorFlow's tests were skipped for want of its library. Those that were left
// out by their name (jest -t) do not count. The mark is set by src/engine/tensorflow/testing/library.ts.
const mark = '(no TensorFlow)';

module.exports = class {
  constructor({ testNamePattern }) {
    this.asked = new RegExp(testNamePattern ?? '', 'i');
  }

  onRunComplete(_, { testResults }) {
    const skipped = testResults
      .flatMap(({ testResults: tests }) => tests)
      .filter(({ status, ancestorTitles }) => status === 'pending' && ancestorTitles[0]?.endsWith(mark))
      .filter(({ fullName }) => this.asked.test(fullName));
    if (skipped.length > 0)
      console.log(`TensorFlow is not installed: ${skipped.length} tests were skipped (gpt-cli setup tensorflow)`);
  }
};
