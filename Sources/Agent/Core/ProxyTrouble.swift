import Model

/// What a proxy answered in place of a way to the target.
public enum ProxyTrouble: Hashable, Sendable {
  /// It could not be reached, or its certificate is not good.
  case unreached(String)
  /// Its status to CONNECT, or 407 to any request.
  case status(Int)
  /// A SOCKS proxy's refusal, in libcurl's numbers (`CURLPX_...`).
  case socks(Int)

  /// The reason that it stands for, and a sentence that says whose fault it is.
  var finding: (Reason, String) {
    switch self {
    case .unreached(let words): return (.proxyFailed, "the proxy can't be used: \(words)")
    case .status(407): return (.proxyAuth, "the proxy wants a user and a password, or others")
    case .status(let status): return (.proxyFailed, "the proxy answered \(status) to CONNECT")
    case .socks(let code):
      switch code {
      case 7, 8, 12, 14, 28, 33:
        return (.proxyAuth, "the proxy does not accept the user or the password")
      case 19: return (.proxyFailed, "the proxy says that the target refused the connection")
      case 21: return (.proxyFailed, "the proxy finds no way to the target's host")
      case 22: return (.proxyFailed, "the proxy finds no way to the target's network")
      case 23: return (.proxyFailed, "the proxy's rules do not allow the target")
      default: return (.proxyFailed, "the proxy did not make a connection (\(code))")
      }
    }
  }
}
