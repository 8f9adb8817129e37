import Glibc
import UpblitClient

/// The terminal with single keys readable at once, until `restore()`.
struct RawTerminal {
  private let mode = TerminalMode(without: tcflag_t(ICANON | ECHO))

  /// Puts the terminal back as it was.
  func restore() { mode?.restore() }

  /// Waits; whether `q` was pressed meanwhile.
  func wait(seconds: Int) -> Bool {
    guard mode != nil else {
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
