/// Why a command could not do what it was asked, in one sentence that says what to do next.
struct CLIError: Error {
  /// The kinds of trouble, as exit codes.
  enum Code: Int32 {
    case failure = 1
    case down = 3
    case notAllowed = 4
    case notFound = 5
    case conflict = 6
    case usage = 64
    /// A file that was handed over is not of its form.
    case badData = 65
    /// Ctrl-C ended it early.
    case interrupted = 130
  }

  var code: Code
  /// Empty where the output has said it already.
  var message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
