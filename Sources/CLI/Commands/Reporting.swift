import ArgumentParser

/// Runs a command's work; trouble is told on standard error in one sentence and becomes the exit
/// code.
func reporting(_ work: () throws(CLIError) -> Void) throws {
  do {
    try work()
  } catch {
    throw told(error)
  }
}

/// Likewise, printing as `options` say.
func reporting(
  _ options: GlobalOptions, _ work: () async throws(CLIError) -> Void
) async throws {
  try await reporting(options.printing, work)
}

func reporting(
  _ options: OutputOptions, _ work: () async throws(CLIError) -> Void
) async throws {
  try await reporting(noColor: options.noColor, isQuiet: options.quiet, work)
}

func reporting(
  noColor: Bool, isQuiet: Bool, _ work: () async throws(CLIError) -> Void
) async throws {
  Console.configure(noColor: noColor, isQuiet: isQuiet)
  do {
    try await work()
  } catch {
    throw told(error)
  }
}

private func told(_ error: CLIError) -> ExitCode {
  if !error.message.isEmpty { Console.error("upblit: \(error.message)") }
  return ExitCode(error.code.rawValue)
}
