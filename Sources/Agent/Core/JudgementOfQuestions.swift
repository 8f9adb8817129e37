import Model

extension Judgement {
  /// What the body of an answer must be that a name server gives over HTTPS (RFC 8484 section 6).
  public static let questionMediaType = "application/dns-message"

  /// Why an answer over HTTPS holds no message of the DNS; `nil` where its body may be one.
  ///
  /// - Parameter contentType: as the answer's header has it.
  public static func failure(ofQuestion facts: ProbeFacts, contentType: String?) -> Failure? {
    if let failure = transferFailure(of: facts, limits: nil) { return failure }
    guard facts.status != 0 else {
      return Failure(.protocolNoStatus, detail: "the answer has no status")
    }
    guard facts.status == 200 else {
      return Failure(.httpStatus, detail: "status \(facts.status), where 200 is expected")
    }
    guard let contentType, isMessage(contentType) else {
      let found = contentType.map { "of the type \(quoted($0))" } ?? "of no type"
      return Failure(
        .protocolInvalid, detail: "the answer is \(found), where \(questionMediaType) is expected")
    }
    guard facts.stop != .bodyLimit else {
      return Failure(.bodyTooLarge, detail: "the answer is longer than any message of the DNS")
    }
    return nil
  }

  /// Looks at the media type alone, whatever parameters follow it (RFC 9110 section 8.3.1).
  private static func isMessage(_ contentType: String) -> Bool {
    let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 != 0x20 && $0 != 9 }
    return String(decoding: type, as: UTF8.self).lowercased() == questionMediaType
  }
}
