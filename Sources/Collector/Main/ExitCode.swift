/// How the program ends, by the numbers of sysexits.h.
enum ExitCode: Int32 {
  case success = 0
  /// The command line is wrong.
  case usage = 64
  /// Postgres can't be reached now.
  case unavailable = 69
  /// A fault of this program.
  case software = 70
  /// A port or a file of the system can't be had.
  case osError = 71
  /// The settings, the key file or the database's state must be changed by a person.
  case configuration = 78
}

/// Why a command failed: one sentence for a person, and the number that a script sees.
struct CommandFailure: Error {
  var code: ExitCode
  var message: String
}
