import Glibc

/// Tells systemd how the service stands (sd_notify(3)); does nothing where nobody listens.
enum SystemdNotifier {
  /// The service takes connections.
  static func ready() { send("READY=1\nSTATUS=serving") }

  /// The service is not ready yet, for a reason that is not its own: it is given half a minute more.
  static func waiting(for what: String) {
    send("EXTEND_TIMEOUT_USEC=30000000\nSTATUS=waiting for \(what)")
  }

  /// The service is on its way out.
  static func stopping() { send("STOPPING=1") }

  private static func send(_ message: String) {
    guard let path = getenv("NOTIFY_SOCKET").map({ Array(String(cString: $0).utf8) }),
      !path.isEmpty
    else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.count < room else { return }
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      target.copyBytes(from: path)
      // A leading @ stands for the abstract namespace's NUL.
      if path[0] == UInt8(ascii: "@") { target[0] = 0 }
    }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
    let bytes = Array(message.utf8)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
        sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), target, length)
      }
    }
  }
}
