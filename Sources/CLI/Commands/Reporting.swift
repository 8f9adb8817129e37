import ArgumentParser

/// Runs a command's work; trouble is told on standard error in one sentence and becomes the exit
/// code.
func reporting(_ work: () throws(CLIError) -> Void) throws {
  do {
    try work()
  } catch {
    if !error.message.isEmpty { Console.error("upblit: \(error.message)") }
    throw ExitCode(error.code.rawValue)
  }
}
