import Model

/// A failure's reason in the API, from the number that is stored: of an agent that is newer than this
/// collector, it may be one that is not known here.
enum ReasonWord {
  /// The reason's code; of one that is not known, its class's general one.
  static func code(_ number: Int16) -> String {
    known(number)?.code ?? FailureClass(number).map { Reason.general(of: $0).code } ?? "other"
  }

  /// One sentence for people.
  static func sentence(_ number: Int16) -> String? { known(number)?.sentence }

  /// The word for the class, which decides how the failure may count.
  static func failureClass(_ number: Int16) -> String {
    switch FailureClass(number) {
    case .dns: "dns"
    case .timeout: "timeout"
    case .connect: "connect"
    case .tls: "tls"
    case .protocol: "protocol"
    case .status: "status"
    case .content: "content"
    case .agent: "agent"
    case .unreachable: "unreachable"
    case nil: "other"
    }
  }

  private static func known(_ number: Int16) -> Reason? {
    UInt16(exactly: number).flatMap { Reason(rawValue: $0) }
  }
}

extension FailureClass {
  /// The class of a reason's number.
  fileprivate init?(_ number: Int16) {
    guard let value = UInt8(exactly: number / 100) else { return nil }
    self.init(rawValue: value)
  }
}
