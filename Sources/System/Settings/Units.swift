/// Lengths of time and sizes as people write them: digits, then a unit.
public enum Units {
  private static let times: [(suffix: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]
  private static let sizes: [(suffix: String, bytes: Int)] = [
    ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
  ]

  /// The time that `text` says, to the millisecond; `nil` if it says none.
  public static func duration(of text: String) -> Duration? {
    guard let (number, suffix) = split(text),
      let unit = times.first(where: { $0.suffix == suffix })
    else { return nil }
    let (milliseconds, overflow) = Int64(number).multipliedReportingOverflow(by: unit.milliseconds)
    return overflow ? nil : .milliseconds(milliseconds)
  }

  /// The time in the largest unit that divides it.
  public static func text(_ duration: Duration) -> String {
    let parts = duration.components
    let milliseconds = parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
    guard milliseconds != 0 else { return "0s" }
    let unit = times.last { milliseconds % $0.milliseconds == 0 } ?? times[0]
    return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
  }

  /// The bytes that `text` says; `nil` if it says none.
  public static func bytes(of text: String) -> Int? {
    guard let (number, suffix) = split(text),
      let unit = sizes.first(where: { $0.suffix == suffix })
    else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
    return overflow ? nil : bytes
  }

  /// The size in the largest unit that divides it.
  public static func text(bytes: Int) -> String {
    guard bytes != 0 else { return "0B" }
    let unit = sizes.last { bytes % $0.bytes == 0 } ?? sizes[0]
    return "\(bytes / unit.bytes)\(unit.suffix)"
  }

  private static func split(_ text: String) -> (Int, String)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    return (number, trimmed(text[digits.endIndex...]))
  }
}
