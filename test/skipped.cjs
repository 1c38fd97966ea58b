// A jest reporter: a line at the end when tests of an engine were skipped for want of its library. Those that were left out by
// their name (jest -t) do not count. The marks are set by src/engine/{tensorflow,openvino}/testing/library.ts.
const libraries = ['TensorFlow', 'OpenVINO'];

module.exports = class {
  constructor({ testNamePattern }) {
    this.asked = new RegExp(testNamePattern ?? '', 'i');
  }

  onRunComplete(_, { testResults }) {
    const pending = testResults
      .flatMap(({ testResults: tests }) => tests)
      .filter(({ status }) => status === 'pending')
      .filter(({ fullName }) => this.asked.test(fullName));
    for (const name of libraries) {
      const skipped = pending.filter(({ ancestorTitles }) => ancestorTitles[0]?.endsWith(`(no ${name})`));
      if (skipped.length > 0)
        console.log(
          `${name} is not installed: ${skipped.length} tests were skipped (gpt-cli setup ${name.toLowerCase()})`,
        );
    }
  }
};
