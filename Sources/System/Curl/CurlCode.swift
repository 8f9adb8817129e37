import CCurl

/// How a transfer or a call ended: libcurl's `CURLcode` (libcurl-errors(3)).
public struct CurlCode: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  init(_ code: CURLcode) {
    rawValue = UInt32(code.rawValue)
  }

  public static let ok = CurlCode(CURLE_OK)
  /// A callback asked for the transfer to end.
  public static let writeError = CurlCode(CURLE_WRITE_ERROR)
  /// The name could not be looked up.
  public static let noSuchHost = CurlCode(CURLE_COULDNT_RESOLVE_HOST)
  public static let timedOut = CurlCode(CURLE_OPERATION_TIMEDOUT)
  /// Nothing to read, or no room to write, at this moment.
  public static let again = CurlCode(CURLE_AGAIN)

  /// libcurl's own short words for this code.
  public var text: String {
    guard let text = curl_easy_strerror(CURLcode(rawValue)) else { return "error \(rawValue)" }
    return String(cString: text)
  }
}

/// A call into libcurl that failed.
public struct CurlError: Error, Hashable, Sendable {
  /// What was being done, for a person.
  public let call: String
  public let code: CurlCode
  /// What libcurl says of it.
  public let text: String

  public init(_ call: String, _ code: CurlCode, text: String? = nil) {
    self.call = call
    self.code = code
    self.text = text ?? code.text
  }
}

extension CurlError: CustomStringConvertible {
  public var description: String { "\(call): \(text) (\(code.rawValue))" }
}
