import Glibc

/// A terminal whose keys are not shown, or not gathered to lines, until `restore()`.
///
/// A signal that ends the process puts it back first, and so does one that stops it: a shell must not
/// be left with a terminal that shows nothing. One is in force at a time.
struct TerminalMode {
  // Written before the handlers are set, and read in them. Pointers, since a handler may come while
  // one of them is read elsewhere.
  fileprivate nonisolated(unsafe) static let former = UnsafeMutablePointer<termios>.allocate(
    capacity: 1)
  fileprivate nonisolated(unsafe) static let changed = UnsafeMutablePointer<termios>.allocate(
    capacity: 1)

  private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

  /// Takes these flags (`c_lflag`) from the terminal that standard input is; `nil` where it is none.
  init?(without flags: tcflag_t) {
    guard isatty(0) == 1, tcgetattr(0, Self.former) == 0 else { return nil }
    var wanted = Self.former.pointee
    wanted.c_lflag &= ~flags
    Self.changed.initialize(to: wanted)
    for number in Self.endings { signal(number, endRestored) }
    signal(SIGTSTP, stopRestored)
    tcsetattr(0, TCSAFLUSH, Self.changed)
  }

  /// Puts the terminal back as it was, and the signals to what they do by themselves.
  func restore() {
    tcsetattr(0, TCSAFLUSH, Self.former)
    for number in Self.endings + [SIGTSTP] { signal(number, SIG_DFL) }
  }
}

/// Ends the process by the signal itself, once the handler has returned: whoever waits for it is told
/// so.
private func endRestored(_ number: Int32) {
  tcsetattr(0, TCSANOW, TerminalMode.former)
  signal(number, SIG_DFL)
  raise(number)
}

/// Stops within the handler, and comes back to the changed terminal.
private func stopRestored(_ number: Int32) {
  tcsetattr(0, TCSANOW, TerminalMode.former)
  signal(number, SIG_DFL)
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, number)
  raise(number)
  pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  signal(number, stopRestored)
  tcsetattr(0, TCSANOW, TerminalMode.changed)
}
