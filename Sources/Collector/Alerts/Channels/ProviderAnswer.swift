import JSON

/// What came back for a request.
public enum ProviderAnswer: Hashable, Sendable {
  case http(HTTPAnswer)
  /// A mail server's last reply: its code (RFC 5321 section 4.2) and text.
  case mail(code: Int, text: String)
  /// No answer: no connection, no time, a certificate that is not believed. It may have arrived all
  /// the same.
  case none(reason: String)
}

/// An HTTP answer as far as it was read.
public struct HTTPAnswer: Hashable, Sendable {
  public var status: Int
  /// Header lines as they came.
  public var headers: [(name: String, value: String)] {
    get { lines.map { ($0.name, $0.value) } }
    set { lines = newValue.map { OutgoingHTTP.Header(name: $0.name, value: $0.value) } }
  }
  /// The first bytes of the body.
  public var body: [UInt8]
  private var lines: [OutgoingHTTP.Header]

  public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.body = body
    lines = headers.map { OutgoingHTTP.Header(name: $0.name, value: $0.value) }
  }

  /// The body as JSON, if it is that.
  var json: JSONValue? { try? JSONValue(parsing: body) }

  /// The body's text, or what its status says.
  var words: String {
    let end = body.count > 4096 ? "…" : ""
    let text = DeliveryOutcome.words(String(decoding: body.prefix(4096), as: UTF8.self) + end)
    return text.isEmpty ? "status \(status)" : "status \(status): \(text)"
  }

  /// The seconds that `Retry-After` asks for (RFC 9110 section 10.2.3): a number or a date, a day at
  /// most.
  func retryAfterSeconds(now: Int64) -> Int? {
    guard let line = lines.first(where: { $0.name.lowercased() == "retry-after" }) else {
      return nil
    }
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let value = String(
      decoding: line.value.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed(),
      as: UTF8.self)
    if let seconds = Int(value) { return Self.bounded(seconds) }
    return CalendarTime.seconds(httpDate: value).map { Self.bounded(Int($0 - now / 1000)) }
  }

  static func bounded(_ seconds: Int) -> Int { min(max(0, seconds), 86_400) }

  /// What most providers mean: 2xx is success, 408, 425, 429 and 5xx are to be tried again, a redirect
  /// is not followed, everything else is for ever.
  func usualOutcome(now: Int64) -> DeliveryOutcome {
    switch status {
    case 200..<300: .delivered
    case 300..<400: .refused("status \(status): a redirect, which is not followed", disables: false)
    case 408, 425, 429, 500..<600:
      .retry(words, afterSeconds: retryAfterSeconds(now: now))
    default: .refused(words, disables: false)
    }
  }
}
