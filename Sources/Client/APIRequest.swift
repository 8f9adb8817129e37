import JSON

/// One request to a collector's API.
public struct APIRequest: Sendable {
  public var method: String
  /// From the first slash on, such as `/api/v1/monitors`; encoded already.
  public var path: String
  /// Appended to the path, encoded; parameters without a value are left out.
  public var query: [(name: String, value: String?)]
  public var body: JSONValue?
  /// Carry it out only if the resource still has this ETag.
  public var ifMatch: String?
  /// Answer 304 if the resource still has this ETag.
  public var ifNoneMatch: String?
  /// Names a POST, so that it is carried out once however often it arrives. `nil` makes one up.
  public var idempotencyKey: String?
  /// The types of answer that are taken.
  public var accept = "application/json"
  /// Goes on behind this event, where events are asked for.
  public var lastEventID: String?

  public init(
    _ method: String, _ path: String, query: [(name: String, value: String?)] = [],
    body: JSONValue? = nil, ifMatch: String? = nil, ifNoneMatch: String? = nil,
    idempotencyKey: String? = nil
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.body = body
    self.ifMatch = ifMatch
    self.ifNoneMatch = ifNoneMatch
    self.idempotencyKey = idempotencyKey
  }

  /// The path with its query.
  var target: String {
    let pairs = query.compactMap { name, value in
      value.map { "\(PercentText.encode(name))=\(PercentText.encode($0))" }
    }
    guard !pairs.isEmpty else { return path }
    let mark = path.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
    return path + mark + pairs.joined(separator: "&")
  }

  /// A key of 128 random bits.
  static func newIdempotencyKey() -> String {
    func part() -> String {
      let text = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
    return part() + part()
  }
}

/// What a collector answered; its status is from 200 to 299, or 304.
public struct APIAnswer: Sendable {
  public struct Header: Hashable, Sendable {
    /// Lower-case.
    public var name: String
    public var value: String
  }

  public var status: Int
  public var headers: [Header]
  /// `null` where there is no body.
  public var json: JSONValue

  /// The last value of the header `name`, which is given in lower case.
  public func header(_ name: String) -> String? { headers.last { $0.name == name }?.value }

  /// For `APIRequest.ifMatch`.
  public var etag: String? { header("etag") }
}

/// Percent-encoding of one part of a URL (RFC 3986 section 2.1).
public enum PercentText {
  /// Keeps unreserved characters, encodes all others.
  public static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      let isPlain =
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || "-._~".utf8.contains(byte)
      if isPlain {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
