import AgentCore
import CLinux
import Linux

extension ConnectionTrouble {
  /// Sorts an `errno` of socket(2), connect(2), send(2) or recv(2); `nil` for 0.
  init?(errno code: Int32) {
    switch code {
    case 0: return nil
    case ECONNREFUSED: self = .refused
    case ECONNRESET, EPIPE: self = .reset
    case ETIMEDOUT: self = .timedOut
    case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, ENONET, EAFNOSUPPORT:
      self = .unreachable(SystemError.text(of: code))
    case EMFILE, ENFILE: self = .noDescriptors(SystemError.text(of: code))
    case ENOMEM, ENOBUFS, EADDRNOTAVAIL, EACCES, EPERM:
      self = .own(SystemError.text(of: code))
    default: self = .other(SystemError.text(of: code))
    }
  }
}
