import CLinux
import DNS
import Linux

extension AskingTrouble {
  /// Sorts an `errno` of socket(2), sendto(2), connect(2), send(2) or recv(2).
  init(errno code: Int32) {
    switch code {
    case ECONNREFUSED: self = .refused
    case ECONNRESET, EPIPE: self = .closed
    case EMFILE, ENFILE: self = .own(.descriptors, SystemError.text(of: code))
    case ENOMEM, ENOBUFS: self = .own(.memory, SystemError.text(of: code))
    case EADDRNOTAVAIL, EACCES, EPERM, EAGAIN: self = .own(.other, SystemError.text(of: code))
    default: self = .unreachable(SystemError.text(of: code))
    }
  }
}
