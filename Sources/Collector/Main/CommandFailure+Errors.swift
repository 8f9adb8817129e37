import API
import Ingress
import OpenSSL
import Postgres
import Settings
import Store

extension CommandFailure {
  /// Puts any error of the collector's parts into one sentence and the exit code that fits.
  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as SettingsError:
      self.init(code: Self.code(of: error), message: error.description)
    case let error as PostgresError:
      self.init(code: Self.code(of: error), message: error.description)
    case let error as MigrationError:
      self.init(code: .configuration, message: error.description)
    case let error as KeyFile.Problem:
      self.init(code: .configuration, message: error.description)
    case let error as Installation.Problem:
      self.init(code: .configuration, message: error.description)
    case let error as Administrator.Refusal:
      self.init(code: .configuration, message: error.description)
    case let error as APIConfiguration.TLSFiles.Problem:
      self.init(code: .configuration, message: error.description)
    case let error as IngressError:
      self.init(code: .osError, message: error.description)
    case let error as OpenSSLError:
      self.init(code: .software, message: error.description)
    default:
      self.init(code: .software, message: "\(error)")
    }
  }

  /// What stands on the command line alone is wrong usage.
  private static func code(of error: SettingsError) -> ExitCode {
    error.problems.allSatisfy { $0.place == "command line" } ? .usage : .configuration
  }

  private static func code(of error: PostgresError) -> ExitCode {
    switch error.kind {
    case .unavailable, .reconnect, .outcomeUnknown, .retry: .unavailable
    case .giveUp: .configuration
    case .rejectedData, .bug: .software
    }
  }
}
