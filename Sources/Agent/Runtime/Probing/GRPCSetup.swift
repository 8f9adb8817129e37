import AgentCore
import Curl
import Model

/// How a gRPC check becomes options of a libcurl handle: it is one POST over HTTP/2.
extension ProbeSetup {
  static func grpc(
    _ target: AssignedTarget, _ check: GRPCCheck, agent: AgentID,
    configuration: ProberConfiguration
  ) throws -> ProbeSetup {
    let isPlain = check.host.utf8.allSatisfy { byte in
      byte > 0x20 && byte != 0x7f && !"/@?#\\%[]\"<>".utf8.contains(byte)
    }
    guard isPlain, !check.host.isEmpty, check.port > 0 else {
      throw Unusable(reason: "the address can't be read")
    }
    let scheme = check.tls == nil ? "http" : "https"
    var call = HTTPCheck(
      url: "\(scheme)://\(Check.grpc(check).target)/grpc.health.v1.Health/Check")
    call.method = "POST"
    call.version = .http2
    call.maxRedirects = 0
    call.family = check.family
    if let tls = check.tls { call.tls = tls }
    call.headers =
      [
        RequestHeader(name: "content-type", value: "application/grpc"),
        RequestHeader(name: "te", value: "trailers"),
        RequestHeader(name: "grpc-timeout", value: "\(min(target.timeoutMs, 99_999_999))m"),
      ] + check.metadata
    call.body = GRPCAnswer.request(service: check.service)
    return try http(
      target, call, agent: agent, configuration: configuration, handle: try EasyHandle())
  }
}
