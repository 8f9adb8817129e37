import Testing

@testable import Simulator

@Suite struct `Mathematics without a C library` {
  @Test(arguments: [
    (1e-300, -690.7755278982137), (0.5, -0.6931471805599453), (1, 0), (2.718281828459045, 1),
    (1_000, 6.907755278982137), (1.4142135623730954, 0.34657359027997276),
  ])
  func `knows logarithms`(value: Double, expected: Double) {
    #expect(abs(Mathematics.log(value) - expected) < 1e-12 * max(1, abs(expected)))
  }

  @Test(arguments: [
    (0, 1), (1, 2.718281828459045), (-3.5, 0.030197383422318501), (20, 485165195.4),
  ])
  func `knows exponentials`(value: Double, expected: Double) {
    #expect(abs(Mathematics.exp(value) / expected - 1) < 1e-9)
  }

  @Test(arguments: [
    (0.5, 0), (0.975, 1.959963985), (0.001, -3.090232306), (0.999, 3.090232306),
    (0.1, -1.281551566),
  ])
  func `knows the normal distribution`(probability: Double, expected: Double) {
    #expect(abs(Mathematics.normalQuantile(probability) - expected) < 1e-7)
  }

  /// Values from Garwood 1936's table of exact limits.
  @Test(arguments: [(0, 2.99573), (1, 4.74386), (2, 6.29579), (10, 16.96222), (100, 118.07927)])
  func `bounds a Poisson's mean from above`(count: Int, expected: Double) {
    #expect(abs(Mathematics.poissonUpper95(count) - expected) < 1e-4)
  }

  @Test func `bounds it from both sides`() {
    let none = Mathematics.poissonInterval(0)
    #expect(none.low == 0 && abs(none.high - 3.68888) < 1e-4)
    let ten = Mathematics.poissonInterval(10)
    #expect(abs(ten.low - 4.79539) < 1e-4 && abs(ten.high - 18.39036) < 1e-4)
  }

  @Test func `draws what the distributions promise`() {
    var stream = Stream(Draw.key(1, .transient))
    let count = 20_000
    let draws = (0..<count).map { _ in stream.geometric(0.01) }
    let mean = draws.reduce(0, +) / Double(count)
    #expect((96...102).contains(mean))
    let times = (0..<count).map { _ in stream.logNormal(median: 360, sigma: 0.8) }.sorted()
    #expect((350...370).contains(times[count / 2]))
  }
}
