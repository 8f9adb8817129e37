import Model

extension Judgement {
  /// What a gRPC probe found.
  public static func outcome(
    of facts: ProbeFacts, under check: GRPCCheck, answer: GRPCAnswer
  ) -> Outcome {
    if let failure = transferFailure(of: facts, limits: nil) { return .failed(failure) }
    if let failure = failure(of: facts, answer) { return .failed(failure) }
    if let slow = slowness(facts, limitMs: check.degradedAboveMs) { return .degraded(slow) }
    if let short = shortness(facts, leastDays: check.degradedBelowCertificateDays) {
      return .degraded(short)
    }
    return .up
  }

  private static func failure(of facts: ProbeFacts, _ answer: GRPCAnswer) -> Failure? {
    guard facts.status != 0 else {
      return Failure(.protocolNoStatus, detail: "the answer has no status")
    }
    guard let status = answer.status else {
      guard facts.status == 200 else {
        return Failure(.httpStatus, detail: "status \(facts.status), where gRPC answers 200")
      }
      guard answer.contentType.lowercased().hasPrefix("application/grpc") else {
        return Failure(.protocolInvalid, detail: "the answer is not gRPC")
      }
      return Failure(.protocolIncomplete, detail: "the answer ended without the call's status")
    }
    guard status == 0 else {
      let words = answer.words.isEmpty ? "" : ": \(excerpt(answer.words, limit: 160))"
      return Failure(
        .grpcStatus, detail: "the call ended with \(GRPCAnswer.word(ofStatus: status))\(words)")
    }
    guard facts.stop != .bodyLimit, let serving = answer.serving else {
      return Failure(.protocolInvalid, detail: "the answer holds no message about health")
    }
    guard serving == .serving else {
      return Failure(.grpcStatus, detail: "the service says that it is \(serving.word)")
    }
    return nil
  }
}
