import Curl
import Model

/// The header that names a probe to its target, so that what a target logged can be matched with
/// what was recorded: `Upblit-Probe: <agent>/<slot>/<start in ms of agent time>`.
struct ProbeHeader {
  /// The most digits of a slot, a slash, the most digits of a moment.
  private static let room = 20 + 1 + 19
  private let place: UnsafeMutableBufferPointer<CChar>

  /// Adds the header to a list, which must outlive this value.
  init(agent: AgentID, in list: HeaderList) throws(CurlError) {
    let line = try list.append(
      "Upblit-Probe: \(agent)/" + String(repeating: "0", count: Self.room))
    place = .init(rebasing: line.suffix(Self.room))
  }

  /// Writes what names a probe into the header in place.
  func set(slot: UInt64, startedAtMs: Int64) {
    var count = write(slot, at: 0)
    place[count] = CChar(UInt8(ascii: "/"))
    count = write(UInt64(max(0, startedAtMs)), at: count + 1)
    if count < Self.room { place[count] = 0 }
  }

  /// - Returns: where the number ends.
  private func write(_ number: UInt64, at start: Int) -> Int {
    var digits = 1
    var rest = number / 10
    while rest > 0 {
      digits += 1
      rest /= 10
    }
    rest = number
    for index in (start..<start + digits).reversed() {
      place[index] = CChar(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
    return start + digits
  }
}
