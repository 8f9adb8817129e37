/// Why a collector gave no answer, or not the wanted one.
public enum APIError: Error, Hashable, Sendable {
  /// The text is no address such as `https://upblit.example.org`.
  case badAddress(String)
  /// Plain http would show the credential to the network.
  case insecure(ServerAddress)
  /// The request can't be sent as it is: a path or a header value that HTTP does not take.
  case unsendable(String)
  /// Nothing answered. The reason is libcurl's and may quote the peer.
  case unreachable(ServerAddress, reason: String)
  /// No answer within the configured time.
  case timedOut(ServerAddress, milliseconds: Int)
  /// The answer is longer than the configured limit.
  case tooLong(ServerAddress, limit: Int)
  /// Something answered that is no collector of Upblit, with this HTTP status.
  case notACollector(ServerAddress, status: Int)
  /// The pages of the list at this path lead to one another without an end.
  case endlessList(ServerAddress, path: String)
  /// The collector refused, and says why.
  case problem(Problem)
  /// The session can't go on, for this reason: it is not stored any more, or can't be.
  case session(ServerAddress, reason: String)
  /// The task was cancelled. Whether the request was carried out is not known.
  case cancelled
}

extension APIError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .badAddress(let text): "\(text) is not an address such as https://upblit.example.org"
    case .insecure(let address):
      "plain http would show your credential to the network: use https://\(address.host)"
    case .unsendable(let reason): reason
    case .unreachable(let address, let reason): "cannot reach \(address): \(reason)"
    case .timedOut(let address, let milliseconds):
      "\(address) did not answer within \(milliseconds) ms"
    case .tooLong(let address, let limit):
      "the answer of \(address) has more than \(limit) bytes: ask for less"
    case .notACollector(let address, let status):
      "\(address) answered \(status) and not as an Upblit collector: check the address"
    case .endlessList(let address, let path):
      "the pages of \(path) at \(address) have no end: what was read is not the whole list"
    case .problem(let problem): problem.description
    case .session(let address, let reason): "the session with \(address) can't go on: \(reason)"
    case .cancelled: "cancelled"
    }
  }
}
