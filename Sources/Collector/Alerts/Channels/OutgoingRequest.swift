import JSON

/// What is to be sent, to the last byte.
public enum OutgoingRequest: Hashable, Sendable {
  case http(OutgoingHTTP)
  case mail(OutgoingMail)
}

/// One HTTP request. Redirects are not to be followed.
///
/// Its address, headers and body hold secrets: only the origin and the size are printed.
public struct OutgoingHTTP: Hashable, Sendable {
  /// One header; neither name nor value has line breaks.
  public struct Header: Hashable, Sendable {
    public var name: String
    public var value: String
  }

  public var method: String
  public var url: String
  public var headers: [Header]
  public var body: [UInt8]

  /// A POST of JSON.
  init(post value: JSONValue, to url: String, headers: [Header] = []) {
    method = "POST"
    self.url = url
    body = value.bytes
    self.headers =
      [
        Header(name: "Content-Type", value: "application/json"),
        Header(name: "User-Agent", value: "Upblit"),
      ] + headers
  }

  /// `https://a/b` and `c/d` make `https://a/b/c/d`.
  static func address(_ base: String, _ path: String) -> String {
    base.hasSuffix("/") ? base + path : "\(base)/\(path)"
  }
}

extension OutgoingHTTP.Header {
  static func bearer(_ token: String) -> Self {
    Self(name: "Authorization", value: "Bearer \(token)")
  }

  /// RFC 7617.
  static func basic(user: String, password: String) -> Self {
    Self(name: "Authorization", value: "Basic \(Base64.text(Array("\(user):\(password)".utf8)))")
  }
}

extension OutgoingHTTP: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "\(method) \(URLRule.origin(url))/... (\(body.count) bytes)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
