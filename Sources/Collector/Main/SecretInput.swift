import Glibc

/// Reads a secret: without echo from a terminal, as the first line from anything else.
enum SecretInput {
  /// `nil` where there is nothing, or the person gave up (Ctrl-C, Ctrl-D).
  static func read(_ question: String) -> String? {
    var before = termios()
    guard isatty(0) == 1, tcgetattr(0, &before) == 0 else { return line(isTerminal: false) }
    var quiet = before
    // Without signals too: a program that ends amid the question would leave no echo behind.
    quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    tcsetattr(0, TCSAFLUSH, &quiet)
    defer {
      tcsetattr(0, TCSAFLUSH, &before)
      StandardOutput.write("\n", to: 2)
    }
    StandardOutput.write(question, to: 2)
    return line(isTerminal: true)
  }

  private static func line(isTerminal: Bool) -> String? {
    var bytes: [UInt8] = []
    while bytes.count <= 4096 {
      var byte: UInt8 = 0
      let count = Glibc.read(0, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
      switch byte {
      case 0x0a, 0x0d: return String(decoding: bytes, as: UTF8.self)
      case 0x03, 0x04, 0x1c: if isTerminal { return nil } else { bytes.append(byte) }
      case 0x7f where isTerminal, 0x08 where isTerminal:
        // A whole character goes, however many bytes it has.
        while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
      default: bytes.append(byte)
      }
    }
    return nil
  }
}
