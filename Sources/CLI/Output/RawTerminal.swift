import Glibc
import UpblitClient

/// The terminal with single keys readable at once; its former state comes back by `restore()`, and
/// when Ctrl-C ends the process.
struct RawTerminal {
  /// What Ctrl-C's handler must put back. Written once before the handler is set, read in it.
  private nonisolated(unsafe) static var former = termios()
  private let isTerminal: Bool

  init() {
    isTerminal = isatty(0) == 1 && tcgetattr(0, &Self.former) == 0
    guard isTerminal else { return }
    var raw = Self.former
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(0, TCSANOW, &raw)
    signal(SIGINT) { _ in
      tcsetattr(0, TCSANOW, &RawTerminal.former)
      _exit(130)
    }
  }

  /// Puts the terminal back as it was.
  func restore() {
    guard isTerminal else { return }
    tcsetattr(0, TCSANOW, &Self.former)
    signal(SIGINT, SIG_DFL)
  }

  /// Waits; whether `q` was pressed meanwhile.
  func wait(seconds: Int) -> Bool {
    guard isTerminal else {
      sleep(UInt32(seconds))
      return false
    }
    let end = Moment.now + Int64(seconds) * 1000
    while true {
      let left = end - Moment.now
      if left <= 0 { return false }
      var watched = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      guard poll(&watched, 1, Int32(clamping: left)) > 0 else { continue }
      var key: UInt8 = 0
      // The terminal went away: nobody looks any more.
      guard read(0, &key, 1) == 1 else { return true }
      if key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { return true }
    }
  }
}
