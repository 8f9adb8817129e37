/// Durations as people write them: `48h`, `500ms`, `1h30m`, `1.5s`, `14d`.
enum DurationText {
  private static let units: [(word: [UInt8], milliseconds: Int64)] = [
    (Array("ms".utf8), 1), (Array("s".utf8), 1_000), (Array("m".utf8), 60_000),
    (Array("h".utf8), 3_600_000), (Array("d".utf8), 86_400_000),
  ]

  /// The duration in milliseconds; `nil` where the text is none, is no whole number of them, or is
  /// beyond what 64 bits hold.
  static func milliseconds(_ text: ArraySlice<UInt8>) -> Int64? {
    guard text.count <= 64 else { return nil }
    var rest = text
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest.removeFirst() }
    guard !rest.isEmpty else { return nil }
    var sum: Int64 = 0
    while !rest.isEmpty {
      guard let part = takePart(&rest) else { return nil }
      let (next, overflows) = sum.addingReportingOverflow(part)
      if overflows { return nil }
      sum = next
    }
    return isNegative ? -sum : sum
  }

  private static func takePart(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    let whole = takeDigits(&rest)
    var fraction: ArraySlice<UInt8> = []
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      fraction = takeDigits(&rest)
      guard (1...9).contains(fraction.count) else { return nil }
    }
    let word = rest.prefix { !(0x30...0x39).contains($0) && $0 != UInt8(ascii: ".") }
    rest = rest[word.endIndex...]
    guard !whole.isEmpty, let count = Int64(String(decoding: whole, as: UTF8.self)),
      let unit = units.first(where: { $0.word.elementsEqual(word) })
    else { return nil }
    // Below ten to the ninth, and so are the milliseconds of a day: their product fits.
    let numerator = fraction.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
    let scale = fraction.reduce(Int64(1)) { scale, _ in scale * 10 }
    let (exact, remainder) = (numerator * unit.milliseconds).quotientAndRemainder(dividingBy: scale)
    guard remainder == 0 else { return nil }
    let (product, overflows) = count.multipliedReportingOverflow(by: unit.milliseconds)
    let (total, isLarger) = product.addingReportingOverflow(exact)
    return overflows || isLarger ? nil : total
  }

  private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest[digits.endIndex...]
    return digits
  }

  /// A duration in hours, minutes and seconds, without what is zero: `336h`, `1h30m`, `0s`.
  static func written(_ milliseconds: Int64) -> String {
    let seconds = milliseconds.magnitude / 1_000
    var text = milliseconds <= -1_000 ? "-" : ""
    if seconds >= 3_600 { text += "\(seconds / 3_600)h" }
    if seconds / 60 % 60 > 0 { text += "\(seconds / 60 % 60)m" }
    if seconds % 60 > 0 || seconds == 0 { text += "\(seconds % 60)s" }
    return text
  }
}
