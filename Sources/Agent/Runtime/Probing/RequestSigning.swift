import Model
import OpenSSL

/// AWS Signature Version 4 of one request (docs.aws.amazon.com, "Signature Version 4 signing process").
///
/// libcurl 7.88 signs neither a query nor a path that needs encoding as AWS does, and signs headers
/// that it does not send; so requests are signed here.
struct RequestSigning {
  private let signing: HTTPAuthentication.SigV4
  /// The day, such as `20150830`, and the moment, such as `20150830T123600Z`.
  private let day: String
  private let moment: String

  init(_ signing: HTTPAuthentication.SigV4, atMs ms: Int64) {
    self.signing = signing
    (day, moment) = Self.texts(ofMs: ms)
  }

  /// The headers with those that sign the request behind them.
  ///
  /// - Parameters:
  ///   - path: as it is sent, at least `/`.
  ///   - query: as it is sent, without the question mark; empty where there is none.
  func sign(
    method: String, host: String, path: String, query: String, headers: [RequestHeader],
    body: [UInt8]
  ) throws(OpenSSLError) -> [RequestHeader] {
    var result = headers
    let digest = Self.hexadecimal(try SHA256.digest(body))
    result.append(RequestHeader(name: "X-Amz-Date", value: moment))
    if let token = signing.sessionToken {
      result.append(RequestHeader(name: "X-Amz-Security-Token", value: token))
    }
    let isStorage = signing.service == "s3"
    if isStorage { result.append(RequestHeader(name: "X-Amz-Content-Sha256", value: digest)) }

    var signed = [("host", host)]
    for header in result {
      let name = header.name.lowercased()
      guard name == "content-type" || name.hasPrefix("x-amz-") else { continue }
      signed.append((name, Self.trimmed(header.value)))
    }
    signed.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    let names = signed.map(\.0).joined(separator: ";")
    let request = [
      method, isStorage ? path : Self.encoded(path, keeping: UInt8(ascii: "/")),
      Self.canonical(query: query), signed.map { "\($0.0):\($0.1)\n" }.joined(), names, digest,
    ].joined(separator: "\n")
    let scope = "\(day)/\(signing.region)/\(signing.service)/aws4_request"
    let text = [
      "AWS4-HMAC-SHA256", moment, scope,
      Self.hexadecimal(try SHA256.digest(Array(request.utf8))),
    ].joined(separator: "\n")
    var key = Array("AWS4\(signing.secretKey)".utf8)
    for part in [day, signing.region, signing.service, "aws4_request", text] {
      key = try HMAC.tag(key: key, Array(part.utf8))
    }
    result.append(
      RequestHeader(
        name: "Authorization",
        value: "AWS4-HMAC-SHA256 Credential=\(signing.accessKey)/\(scope), "
          + "SignedHeaders=\(names), Signature=\(Self.hexadecimal(key))"))
    return result
  }

  // MARK: Canonical forms

  /// The parameters in the order of their encoded names, then values.
  private static func canonical(query: String) -> String {
    query.utf8.split(separator: UInt8(ascii: "&")).map { pair -> (String, String) in
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      func canonical(_ part: Substring.UTF8View?) -> String {
        encoded(decoded(part.map { Array($0) } ?? []), keeping: nil)
      }
      return (canonical(parts.first), canonical(parts.count > 1 ? parts[1] : nil))
    }.sorted { left, right in
      left.0 == right.0
        ? left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
        : left.0.utf8.lexicographicallyPrecedes(right.0.utf8)
    }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  /// White space at the ends left out, and every run inside made one space.
  private static func trimmed(_ value: String) -> String {
    value.utf8.split { $0 == 0x20 || $0 == 9 }.map { String(decoding: Array($0), as: UTF8.self) }
      .joined(separator: " ")
  }

  private static func encoded(_ text: String, keeping kept: UInt8?) -> String {
    encoded(Array(text.utf8), keeping: kept)
  }

  /// All but the unreserved characters (RFC 3986 section 2.3) as `%XX`.
  private static func encoded(_ bytes: [UInt8], keeping kept: UInt8?) -> String {
    var result: [UInt8] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.append(byte)
      case kept: result.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
      rest = rest.dropFirst()
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        result.append(value)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return result
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The day and the moment in UTC, of milliseconds since 1970 (Howard Hinnant, "chrono-Compatible
  /// Low-Level Date Algorithms").
  private static func texts(ofMs ms: Int64) -> (String, String) {
    let seconds = max(0, ms) / 1_000
    let days = seconds / 86_400 + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = "\(year)\(two(month))\(two(day))"
    let time = seconds % 86_400
    return (date, "\(date)T\(two(time / 3_600))\(two(time / 60 % 60))\(two(time % 60))Z")
  }
}
