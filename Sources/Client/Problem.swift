import JSON

/// An error answer of the collector (RFC 9457). Its texts may quote what was sent.
public struct Problem: Hashable, Sendable {
  /// A field of the body that can't be taken.
  public struct Field: Hashable, Sendable {
    /// Where it stands (RFC 6901), such as `/check/url`.
    public var pointer: String
    public var detail: String

    public init(pointer: String, detail: String) {
      self.pointer = pointer
      self.detail = detail
    }
  }

  /// The HTTP status.
  public var status: Int
  /// `urn:upblit:problem:...`, stable over releases.
  public var type: String
  public var title: String
  /// One sentence about this occurrence, and what to do; may be empty.
  public var detail: String
  /// The fields that are wrong; none where the problem is another.
  public var errors: [Field]
  /// Names the request in the collector's log.
  public var requestID: String?
  /// Seconds after which to ask again, where the collector named them.
  public var retryAfterSeconds: Int?

  public init(
    status: Int, type: String, title: String, detail: String = "", errors: [Field] = [],
    requestID: String? = nil, retryAfterSeconds: Int? = nil
  ) {
    self.status = status
    self.type = type
    self.title = title
    self.detail = detail
    self.errors = errors
    self.requestID = requestID
    self.retryAfterSeconds = retryAfterSeconds
  }

  /// Reads an answer's body; `nil` where it is no problem document.
  init?(_ json: JSONValue?, status: Int, retryAfterSeconds: Int?) {
    guard let json, let title = json["title"]?.stringValue else { return nil }
    self.init(
      status: status, type: json["type"]?.stringValue ?? "about:blank", title: title,
      detail: json["detail"]?.stringValue ?? "",
      errors: (json["errors"]?.elements ?? []).map {
        Field(
          pointer: $0["pointer"]?.stringValue ?? "", detail: $0["detail"]?.stringValue ?? "")
      }, requestID: json["request_id"]?.stringValue, retryAfterSeconds: retryAfterSeconds)
  }

  /// The last part of `type`, such as `not-found`.
  public var kind: String {
    type.utf8.split(separator: UInt8(ascii: ":")).last.map { String(decoding: $0, as: UTF8.self) }
      ?? type
  }
}

extension Problem: CustomStringConvertible {
  /// The fields that are wrong, or else title and detail.
  public var description: String {
    guard errors.isEmpty else {
      return errors.map { "\($0.pointer.dropFirst()): \($0.detail)" }.joined(separator: "; ")
    }
    return detail.isEmpty ? title : "\(title): \(detail)"
  }
}
