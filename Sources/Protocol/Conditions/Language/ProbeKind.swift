/// The kinds of probes that conditions can be put to; the raw value is the kind's word everywhere.
public enum ProbeKind: String, CaseIterable, Hashable, Sendable {
  case http
  case tcp
  case udp
  case icmp
  case dns
  case tls
  case grpc
  case websocket
  /// The registration of a domain.
  case domain
}
