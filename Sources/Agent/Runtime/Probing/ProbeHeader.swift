import Curl
import Model

/// The header that names a probe to its target, so that what a target logged can be matched with
/// what was recorded: `Upblit-Probe: <agent>/<slot>/<start in ms of agent time>`.
struct ProbeHeader {
  private static let digits = 13
  private let number: UnsafeMutableBufferPointer<CChar>

  /// Adds the header to a list, which must outlive this value.
  init(agent: AgentID, slot: UInt64, in list: HeaderList) throws(CurlError) {
    let zeros = String(repeating: "0", count: Self.digits)
    let line = try list.append("Upblit-Probe: \(agent)/\(slot)/\(zeros)")
    number = .init(rebasing: line.suffix(Self.digits))
  }

  /// Writes a probe's start into the header in place. Thirteen digits last until the year 2286.
  func set(startedAtMs: Int64) {
    var rest = max(0, startedAtMs)
    for index in number.indices.reversed() {
      number[index] = CChar(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
  }
}
