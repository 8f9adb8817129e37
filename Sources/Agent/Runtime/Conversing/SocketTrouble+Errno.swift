import AgentCore
import CLinux
import Dialogue
import Linux

extension SocketTrouble {
  /// Sorts an `errno` of socket(2), connect(2), send(2) or recv(2).
  init(errno code: Int32) {
    let text = SystemError.text(of: code)
    switch code {
    case ECONNREFUSED: self = .connection(.refused)
    case ECONNRESET, EPIPE: self = .connection(.reset)
    case ETIMEDOUT: self = .connection(.timedOut)
    case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, ENONET, EAFNOSUPPORT:
      self = .connection(.unreachable(text))
    case EMFILE, ENFILE: self = .descriptors(text)
    case ENOMEM, ENOBUFS: self = .memory(text)
    case EADDRNOTAVAIL, EMSGSIZE: self = .connection(.own(text))
    case EACCES, EPERM: self = .notAllowed(text)
    default: self = .connection(.other(text))
    }
  }
}
