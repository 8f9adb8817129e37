import JSON
import Model

extension CheckRules {
  /// Notes why a target can't be asked over both families.
  static func judgeFamily(of check: Check, in reader: inout ObjectReader) {
    guard check.family == .both, let problem = problem(ofBoth: check) else { return }
    reader.note(reader.child("family"), problem)
  }

  private static func problem(ofBoth check: Check) -> String? {
    switch check {
    case .http(let check):
      if check.proxy != nil {
        return "can't be both beside a proxy, which connects to the target by itself"
      }
      switch check.authentication {
      case .digest, .ntlm:
        return "can't be both beside digest or ntlm authentication, which connects twice"
      case .basic, .bearer, .oauth2, .sigV4, nil: break
      }
      if check.pinnedAddress != nil { return "can't be both beside resolve, which is one address" }
      return problem(ofBothAt: host(ofURL: check.url))
    case .websocket(let check): return problem(ofBothAt: host(ofURL: check.url))
    case .tcp(let check): return problem(ofBothAt: check.host)
    case .udp(let check): return problem(ofBothAt: check.host)
    case .icmp(let check): return problem(ofBothAt: check.host)
    case .tls(let check): return problem(ofBothAt: check.host)
    case .grpc(let check): return problem(ofBothAt: check.host)
    case .dns:
      // `DNSQuestion` refuses it.
      return nil
    }
  }

  private static func problem(ofBothAt host: String) -> String? {
    IPAddress(text: host) == nil
      ? nil : "can't be both where the target is an address, which is of one family"
  }

  /// The host of a URL that passes `urlProblem`, without brackets.
  private static func host(ofURL url: String) -> String {
    guard let start = url.utf8.firstRange(of: "://".utf8)?.upperBound else { return "" }
    let rest = url.utf8[start...]
    let isBracketed = rest.first == UInt8(ascii: "[")
    let ends = isBracketed ? "]" : ":/?#"
    let host = rest.dropFirst(isBracketed ? 1 : 0).prefix { !ends.utf8.contains($0) }
    return String(decoding: host, as: UTF8.self)
  }
}
