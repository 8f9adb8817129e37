/// Reads a stream of server-sent events (WHATWG HTML, section 9.2.6) from pieces of any size.
struct EventParser {
  private var line: [UInt8] = []
  private var wasReturn = false
  private var isFirst = true
  private var name = ""
  private var data: [UInt8] = []
  private var hasData = false
  private var id: String?
  /// The id of the last event that came whole, also of one without data.
  private(set) var lastID: String?
  /// What the peer asks to wait before a new connection, in milliseconds.
  private(set) var retryMs: Int?

  /// The longest line, and the longest event, that is taken.
  static let limit = 4 << 20

  /// Something is longer than `limit`.
  struct Overflow: Error {}

  /// The events that these bytes complete.
  mutating func take(_ bytes: some Sequence<UInt8>) throws(Overflow) -> [ServerEvent] {
    var events: [ServerEvent] = []
    for byte in bytes {
      // CR LF is one end of a line, not two.
      if byte == 10, wasReturn {
        wasReturn = false
        continue
      }
      wasReturn = byte == 13
      if byte == 13 || byte == 10 {
        if let event = endLine() { events.append(event) }
        continue
      }
      guard line.count < Self.limit else { throw Overflow() }
      line.append(byte)
    }
    guard data.count <= Self.limit else { throw Overflow() }
    return events
  }

  private mutating func endLine() -> ServerEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirst {
      isFirst = false
      if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
    }
    if line.isEmpty { return endEvent() }
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    // A comment.
    if colon == 0 { return nil }
    let field = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
    var value = colon.map { line[($0 + 1)...] } ?? []
    if value.first == 0x20 { value = value.dropFirst() }
    switch field {
    case "data":
      if hasData { data.append(10) }
      hasData = true
      data += value
    case "event": name = String(decoding: value, as: UTF8.self)
    case "id": if !value.contains(0) { id = String(decoding: value, as: UTF8.self) }
    case "retry":
      if !value.isEmpty, value.count <= 9,
        value.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
      {
        retryMs = Int(String(decoding: value, as: UTF8.self))
      }
    default: break
    }
    return nil
  }

  private mutating func endEvent() -> ServerEvent? {
    defer {
      name = ""
      data.removeAll()
      hasData = false
    }
    lastID = id
    guard hasData else { return nil }
    return ServerEvent(
      id: lastID, name: name.isEmpty ? "message" : name,
      data: String(decoding: data, as: UTF8.self))
  }
}
