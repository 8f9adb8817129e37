/// Logarithm, exponential and the normal distribution's quantile from plain arithmetic, so that a
/// seed gives the same trace on every platform, whatever its C library rounds to.
enum Mathematics {
  private static let ln2 = 0.693147180559945309417232121458

  /// The natural logarithm of a positive, finite number.
  static func log(_ value: Double) -> Double {
    var mantissa = value.significand
    var exponent = Double(value.exponent)
    if mantissa > 1.4142135623730951 {
      mantissa /= 2
      exponent += 1
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), |argument| <= 0.172.
    let ratio = (mantissa - 1) / (mantissa + 1)
    let square = ratio * ratio
    var sum = 0.0
    for odd in stride(from: 21.0, through: 1.0, by: -2.0) { sum = sum * square + 1 / odd }
    return exponent * ln2 + 2 * ratio * sum
  }

  /// e to the power of `value`, for |value| < 700.
  static func exp(_ value: Double) -> Double {
    let power = (value / ln2).rounded()
    let rest = value - power * ln2
    var sum = 1.0
    for index in stride(from: 18.0, through: 1.0, by: -1.0) { sum = 1 + sum * rest / index }
    return Double(sign: .plus, exponent: Int(power), significand: 1) * sum
  }

  /// The number below which a standard normal falls with `probability`, 0 < probability < 1.
  /// Acklam's rational approximation; relative error below 1.2e-9.
  static func normalQuantile(_ probability: Double) -> Double {
    func tail(_ p: Double) -> Double {
      let q = (-2 * log(p)).squareRoot()
      let c = [
        -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838, -2.549732539343734,
        4.374664141464968, 2.938163982698783,
      ]
      let d = [
        7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996, 3.754408661907416,
      ]
      let top = c.reduce(0) { $0 * q + $1 }
      let bottom = d.reduce(0) { $0 * q + $1 } * q + 1
      return top / bottom
    }
    if probability < 0.02425 { return tail(probability) }
    if probability > 0.97575 { return -tail(1 - probability) }
    let q = probability - 0.5
    let r = q * q
    let a = [
      -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
      1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239,
    ]
    let b = [
      -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
      6.680131188771972e+01, -1.328068155288572e+01,
    ]
    return a.reduce(0) { $0 * r + $1 } * q / (b.reduce(0) { $0 * r + $1 } * r + 1)
  }

  /// Pr(X <= count) for a Poisson of this mean.
  static func poissonAtMost(_ count: Int, mean: Double) -> Double {
    // The largest term is scaled to 1, so that large means do not underflow.
    guard mean > 0 else { return 1 }
    var logTerm = -mean
    var sum = 0.0
    for index in 0...count {
      if index > 0 { logTerm += log(mean / Double(index)) }
      if logTerm > -700 { sum += exp(logTerm) }
    }
    return min(1, sum)
  }

  /// The exact upper bound of a Poisson's mean of which `count` was seen: the mean with which so few
  /// or fewer are seen in 5 % of all cases.
  static func poissonUpper95(_ count: Int) -> Double {
    bisect(0, Double(count) * 1.5 + 10 * Double(max(1, count)).squareRoot() + 10) {
      poissonAtMost(count, mean: $0) > 0.05
    }
  }

  /// The two-sided exact 95 % interval of a Poisson's mean.
  static func poissonInterval(_ count: Int) -> (low: Double, high: Double) {
    let bound = Double(count) * 1.5 + 10 * Double(max(1, count)).squareRoot() + 10
    let high = bisect(0, bound) { poissonAtMost(count, mean: $0) > 0.025 }
    let low =
      count == 0 ? 0 : bisect(0, bound) { 1 - poissonAtMost(count - 1, mean: $0) < 0.025 }
    return (low, high)
  }

  /// Where `isBelow` turns false.
  private static func bisect(
    _ low: Double, _ high: Double, _ isBelow: (Double) -> Bool
  ) -> Double {
    var (low, high) = (low, high)
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if isBelow(middle) { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
