import { minimize } from './minimize.js';

test('a quadratic function of four variables, badly scaled, is minimized to its center', () => {
  const [scales, center] = [
    [1, 10, 100, 1000],
    [3, -2, 0.5, 7],
  ];
  const x = new Float64Array(4);
  const made = minimize(
    (at, gradient) =>
      at.reduce((sum, value, i) => {
        gradient[i] = scales[i]! * (value - center[i]!);
        return sum + (scales[i]! * (value - center[i]!) ** 2) / 2;
      }, 0),
    x,
    { iterations: 100, tolerance: 1e-8 },
  );
  expect(made).toBeLessThan(40);
  x.forEach((value, i) => {
    expect(value).toBeCloseTo(center[i]!, 7);
  });
});

test('no iteration where the start is the minimum, and never more than asked for', () => {
  const square = (x: Float64Array, gradient: Float64Array) => {
    gradient[0] = 2 * x[0]!;
    return x[0]! ** 2;
  };
  expect(minimize(square, Float64Array.of(0), { iterations: 10, tolerance: 1e-6 })).toBe(0);
  const steep = (x: Float64Array, gradient: Float64Array) => {
    gradient[0] = Math.exp(x[0]!) - 1;
    return Math.exp(x[0]!) - x[0]!;
  };
  expect(minimize(steep, Float64Array.of(5), { iterations: 2, tolerance: 1e-12 })).toBe(2);
});
