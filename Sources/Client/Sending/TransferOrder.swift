import JSON

/// A request as bytes and lines, ready for libcurl.
struct TransferOrder: Sendable {
  let method: String
  let url: String
  /// Without the credential.
  let headers: [String]
  /// The credential, which goes behind `Bearer`.
  var token: String?
  let body: [UInt8]?
  /// Whether the answer is taken piece by piece, for as long as it lasts.
  var isStream = false
  let configuration: ClientConfiguration

  init(_ request: APIRequest, _ configuration: ClientConfiguration) throws(APIError) {
    let target = request.target
    guard target.hasPrefix("/"), Self.isPrintable(target) else {
      throw .unsendable("\(target) is no path such as /api/v1/monitors, percent-encoded")
    }
    let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
    guard !request.method.isEmpty, request.method.utf8.allSatisfy({ letters ~= $0 }) else {
      throw .unsendable("\(request.method) is no method such as GET")
    }
    method = request.method
    url = configuration.server.origin + target
    body = request.body?.bytes
    self.configuration = configuration
    var headers: [String] = []
    if body != nil { headers.append("Content-Type: application/json") }
    for (name, value) in [
      ("Accept", request.accept), ("Upblit-Organization", configuration.organization),
      ("Last-Event-ID", request.lastEventID), ("If-Match", request.ifMatch),
      ("If-None-Match", request.ifNoneMatch),
      ("Idempotency-Key", request.idempotencyKey),
    ] {
      guard let value else { continue }
      guard !value.isEmpty, Self.isPrintable(value) else {
        throw .unsendable("the value of \(name) can't stand in a header")
      }
      headers.append("\(name): \(value)")
    }
    self.headers = headers
  }

  private static func isPrintable(_ text: String) -> Bool {
    text.utf8.allSatisfy { 0x21...0x7e ~= $0 }
  }

  /// What an observer is told.
  func exchange(_ attempt: Int, _ outcome: TransferOutcome) -> Exchange {
    var exchange = Exchange(
      attempt: attempt, method: method, url: url,
      requestHeaders: (token == nil ? [] : ["Authorization: Bearer ..."]) + headers,
      requestBytes: body?.count ?? 0, answerHeaders: [], answerBytes: 0,
      milliseconds: outcome.milliseconds)
    switch outcome.answer {
    case .success(let answer):
      exchange.status = answer.status
      exchange.answerHeaders = answer.headers
      exchange.answerBytes = answer.body.count
    case .failure(let error): exchange.error = error
    }
    return exchange
  }
}

/// What came of one attempt.
struct TransferOutcome: Sendable {
  struct Answer: Sendable {
    var status: Int
    var headers: [APIAnswer.Header]
    var body: [UInt8]
  }

  var answer: Result<Answer, APIError>
  var milliseconds = 0
}
