import Model

/// A token that was fetched for a check, and for how long it is good.
public struct AccessToken: Hashable, Sendable {
  public var text: String
  /// When it is not to be used any more, in microseconds of agent time; `nil` where it serves the
  /// probe that fetched it and no other, since nobody said how long it is good.
  public var expiresAtUs: Int64?

  public init(text: String, expiresAtUs: Int64?) {
    self.text = text
    self.expiresAtUs = expiresAtUs
  }

  /// A token that its endpoint says is good for so many seconds from now: a tenth of that, at most a
  /// minute, is left as a margin.
  public init(text: String, expiresIn seconds: Int64?, nowUs: Int64) {
    self.text = text
    expiresAtUs = seconds.map { seconds in
      let most = min(max(0, seconds), 30 * 86_400)
      return nowUs + (most - min(60, most / 10)) * 1_000_000
    }
  }
}

extension Judgement {
  /// What a probe found that did not come to its target for want of a token.
  ///
  /// - Parameter refusal: what the token endpoint answered in place of one; `nil` where it did not
  ///   answer.
  public static func tokenOutcome(of facts: ProbeFacts, refusal: String?) -> Outcome {
    if var failure = transferFailure(of: facts, limits: nil) {
      failure.detail = excerpt("the token endpoint: \(failure.detail)", limit: 240)
      return .failed(failure)
    }
    let words = refusal ?? "its answer is not a token"
    return .failed(
      Failure(.authToken, detail: excerpt("no token for the request: \(words)", limit: 240)))
  }
}
