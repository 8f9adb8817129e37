import Model

/// Reads the head of the server's answer to an upgrade request, and judges it.
struct UpgradeReply: Sendable {
  /// The longest head, interim answers with it.
  static let mostBytes = 65_536

  enum Event: Hashable {
    case more
    /// The next byte is the first of a frame.
    case upgraded
    case failed(Failure)
  }

  private let accept: String
  private let subprotocols: [String]
  private var head: [UInt8] = []
  private var count = 0
  /// Where the present head begins, and whether it does as one of HTTP.
  private var start = 0
  private var isHTTP = false

  init(accept: String, subprotocols: [String]) {
    self.accept = accept
    self.subprotocols = subprotocols
  }

  /// Where the last head stands among the bytes that were taken; `nil` where none came.
  var extent: Range<Int>? { isHTTP ? start..<count : start > 0 ? 0..<start : nil }

  mutating func take(_ byte: UInt8) -> Event {
    count += 1
    guard count <= Self.mostBytes else {
      return .failed(
        Failure(.headersTooLarge, detail: "the answer's headers exceed \(Self.mostBytes) bytes"))
    }
    head.append(byte)
    let opening = Array("HTTP/1.".utf8)
    if head.count <= opening.count {
      guard byte == opening[head.count - 1] else { return .failed(Self.notHTTP(head)) }
      isHTTP = head.count == opening.count
    }
    // A head ends with an empty line, whether lines end with CR and LF or LF alone.
    guard byte == 10, head.hasSuffix([10, 10]) || head.hasSuffix([10, 13, 10]) else { return .more }
    defer { head = [] }
    return judge()
  }

  private mutating func judge() -> Event {
    let lines = head.split(separator: 10, omittingEmptySubsequences: false).map { line in
      line.last == 13 ? line.dropLast() : line
    }
    guard let first = lines.first, let status = Self.status(first) else {
      return .failed(Self.notHTTP(head))
    }
    if (100...199).contains(status), status != 101 {
      start = count
      isHTTP = false
      return .more
    }
    guard status == 101 else {
      return .failed(
        Failure(.httpStatus, detail: "status \(status), where 101 is expected"))
    }
    var headers: [(name: String, value: String)] = []
    for line in lines.dropFirst() where !line.isEmpty {
      guard let colon = line.firstIndex(of: 0x3a) else { return .failed(Self.notHTTP(line)) }
      let value = line[line.index(after: colon)...]
      headers.append(
        (
          String(decoding: line[..<colon].map(\.lowerASCII), as: UTF8.self),
          String(decoding: Self.trimmed(value), as: UTF8.self)
        ))
    }
    return judge(headers)
  }

  private func judge(_ headers: [(name: String, value: String)]) -> Event {
    func words(_ name: String) -> [String] {
      headers.filter { $0.name == name }.flatMap { header in
        header.value.utf8.split(separator: 0x2c).map { part in
          String(decoding: Self.trimmed(Array(part)[...]), as: UTF8.self)
        }
      }
    }
    func has(_ name: String, _ word: String) -> Bool {
      words(name).contains { Array($0.utf8).map(\.lowerASCII) == Array(word.utf8) }
    }
    guard has("upgrade", "websocket"), has("connection", "upgrade") else {
      return .failed(Self.invalid("the answer of status 101 does not upgrade to a WebSocket"))
    }
    guard words("sec-websocket-accept").map({ Array($0.utf8) }) == [Array(accept.utf8)] else {
      return .failed(Self.invalid("Sec-WebSocket-Accept does not answer the key"))
    }
    guard words("sec-websocket-extensions").isEmpty else {
      return .failed(Self.invalid("the server uses an extension that was not offered"))
    }
    let chosen = words("sec-websocket-protocol")
    guard chosen.count <= 1, chosen.allSatisfy(subprotocols.contains) else {
      return .failed(
        Self.invalid(
          "the server chose the subprotocol \"\(VisibleText.excerpt(chosen.joined(separator: ", ")))\""
        ))
    }
    return .upgraded
  }

  /// Of a line such as `HTTP/1.1 101 Switching Protocols`.
  private static func status(_ line: ArraySlice<UInt8>) -> Int? {
    let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].count == 8, parts[1].count == 3,
      parts[1].allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    let status = parts[1].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return status >= 100 ? status : nil
  }

  private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var value = value
    while let first = value.first, first == 0x20 || first == 9 { value.removeFirst() }
    while let last = value.last, last == 0x20 || last == 9 { value.removeLast() }
    return value
  }

  private static func invalid(_ text: String) -> Failure {
    Failure(.protocolInvalid, detail: text)
  }

  private static func notHTTP(_ bytes: some Collection<UInt8>) -> Failure {
    invalid("the answer is not valid HTTP: \"\(VisibleText.excerpt(bytes))\"")
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ bytes: [UInt8]) -> Bool { suffix(bytes.count).elementsEqual(bytes) }
}
