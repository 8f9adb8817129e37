import Curl
import JSON

/// Asks a collector's API, one request at a time.
struct APIClient {
  /// Scheme, host and port, without a path.
  let url: String
  let apiKey: String
  var caFile: String?
  var timeoutSeconds = 30

  /// The most that is read of an answer.
  private static let answerLimit = 64 << 20

  func get(_ path: String, _ query: [(String, String?)] = []) throws(CLIError) -> JSONValue {
    let pairs = query.compactMap { name, value in value.map { "\(name)=\(PercentText.encode($0))" }
    }
    return try send("GET", pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&"))
  }

  func post(_ path: String, _ body: JSONValue) throws(CLIError) -> JSONValue {
    try send("POST", path, body: body)
  }

  func patch(_ path: String, _ body: JSONValue) throws(CLIError) -> JSONValue {
    try send("PATCH", path, body: body)
  }

  func delete(_ path: String) throws(CLIError) {
    _ = try send("DELETE", path)
  }

  /// Every item of a list, page by page, up to `limit`.
  func list(
    _ path: String, _ query: [(String, String?)] = [], limit: Int = .max
  ) throws(CLIError) -> [JSONValue] {
    var items: [JSONValue] = []
    var cursor: String?
    repeat {
      let page = try get(
        path, query + [("limit", String(min(200, limit - items.count))), ("cursor", cursor)])
      items += page["items"]?.elements ?? []
      cursor = page["next_cursor"]?.stringValue
    } while cursor != nil && items.count < limit
    return items
  }

  private func send(
    _ method: String, _ path: String, body: JSONValue? = nil
  ) throws(CLIError) -> JSONValue {
    let sink = AnswerSink(limit: Self.answerLimit)
    let status: Int
    do {
      status = try perform(method, path, body: body, into: sink)
    } catch let error as CLIError {
      throw error
    } catch {
      throw CLIError(.failure, "cannot ask \(url): \(error)")
    }
    if (200..<300).contains(status) {
      if sink.bytes.isEmpty { return .null }
      guard let value = try? JSONValue(parsing: sink.bytes, depth: 64) else {
        throw CLIError(.failure, "\(url) does not answer as an Upblit collector: check the address")
      }
      return value
    }
    throw Self.refusal(status, try? JSONValue(parsing: sink.bytes), url: url)
  }

  private func perform(
    _ method: String, _ path: String, body: JSONValue?, into sink: AnswerSink
  ) throws -> Int {
    let handle = try EasyHandle()
    try handle.keepErrorText()
    try handle.set(.url, url + path)
    try handle.set(.protocols, "http,https")
    try handle.set(.caPath, nil)
    if let caFile { try handle.set(.caFile, caFile) }
    try handle.set(.noSignal, 1)
    try handle.set(.timeoutMs, timeoutSeconds * 1000)
    try handle.set(.connectTimeoutMs, min(timeoutSeconds, 10) * 1000)
    try handle.set(.userAgent, "upblit/0.1.0")
    let headers = HeaderList()
    try headers.append("Authorization: Bearer \(apiKey)")
    try headers.append("Accept: application/json")
    if let body {
      try headers.append("Content-Type: application/json")
      try handle.set(body: body.bytes)
    }
    try headers.append("Expect:")
    try handle.set(headers: headers)
    try handle.set(.method, method)
    try handle.listen(sink)
    let code = handle.perform()
    guard code == .ok else {
      if sink.isOverfull {
        throw CLIError(.failure, "the answer of \(url) is too long: ask for less")
      }
      let reason = handle.errorText.isEmpty ? code.text : handle.errorText
      throw CLIError(
        .failure,
        "cannot reach \(url): \(DisplayText.escaped(reason)); is the collector running, and is the "
          + "address right?")
    }
    return handle.info(.status)
  }

  /// What a problem document (RFC 9457) says, for a person.
  private static func refusal(_ status: Int, _ problem: JSONValue?, url: String) -> CLIError {
    let code: CLIError.Code =
      switch status {
      case 401, 403: .notAllowed
      case 404: .notFound
      case 409, 412: .conflict
      default: .failure
      }
    guard let problem, let title = problem["title"]?.stringValue else {
      return CLIError(
        code, "\(url) answered \(status) and not as an Upblit collector: check the address")
    }
    let errors = problem["errors"]?.elements ?? []
    if !errors.isEmpty {
      let fields = errors.map { error in
        let place = error["pointer"]?.stringValue?.dropFirst() ?? ""
        return "\(place): \(error["detail"]?.stringValue ?? "")"
      }
      return CLIError(code, DisplayText.escaped(fields.joined(separator: "; ")))
    }
    let detail = problem["detail"]?.stringValue ?? ""
    let advice = status == 401 ? " Run `upblit login` with a new key." : ""
    return CLIError(code, DisplayText.escaped("\(title): \(detail)") + advice)
  }
}

/// Gathers the body of one answer.
private final class AnswerSink: TransferDelegate {
  private let limit: Int
  private(set) var bytes: [UInt8] = []
  private(set) var isOverfull = false

  init(limit: Int) {
    self.limit = limit
  }

  func transfer(_ handle: EasyHandle, received body: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count + body.count <= limit else {
      isOverfull = true
      return false
    }
    bytes.append(contentsOf: body)
    return true
  }

  func transfer(_ handle: EasyHandle, receivedHeader line: UnsafeRawBufferPointer) -> Bool { true }
  func transfer(_ handle: EasyHandle, mayConnectTo address: PeerAddress) -> Bool { true }
  func transfer(_ handle: EasyHandle, failedToOpenSocket errno: Int32) {}
}

/// Percent-encoding of query values (RFC 3986 section 2.1).
enum PercentText {
  static func encode(_ text: String) -> String {
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
