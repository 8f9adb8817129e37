import ArgumentParser
import JSON
import UpblitClient

/// `upblit account second-factor`.
struct AccountSecondFactor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "second-factor", abstract: "Ask for a code of an authenticator at every login.",
    discussion: """
        upblit account second-factor enable
        upblit account second-factor disable
        upblit account second-factor codes
      """,
    subcommands: [SecondFactorEnable.self, SecondFactorDisable.self, SecondFactorCodes.self])

  /// Recovery codes: one a line on standard output, with words on standard error.
  static func show(_ codes: [String], _ options: GlobalOptions) throws(CLIError) {
    if options.output.isForPeople {
      Console.note(
        "Recovery codes, each good once in place of a code, are shown this once. Keep them apart "
          + "from your authenticator:")
    }
    try Printer(options).report(["recovery_codes": .strings(codes)]) {
      codes.map { DisplayText.escaped($0) + "\n" }.joined()
    }
  }
}

/// `upblit account second-factor enable`.
struct SecondFactorEnable: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Add an authenticator to your account.",
    discussion: """
      Shows the secret for your authenticator, asks for a first code of it, and prints
      recovery codes.

        upblit account second-factor enable
      """)

  private static let tries = 3

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let password = try Passwords(options: options).read(from: nil, "Password: ")
      let offer = try await client.ask { (client) async throws(APIError) in
        try await client.offerSecondFactor(password: password)
      }
      Console.error(
        """
        Add this to your authenticator, as a secret or as an address:

          \(DisplayText.escaped(offer.secret))
          \(DisplayText.escaped(offer.uri))

        """)
      try AccountSecondFactor.show(try await confirmed(client), options)
    }
  }

  /// The recovery codes, once a code was right.
  private func confirmed(_ client: Session) async throws(CLIError) -> [String] {
    var tries = 1
    while true {
      let code = Console.ask("Code that it shows: ")
      do throws(CLIError) {
        return try await client.ask { (client) async throws(APIError) in
          try await client.confirmSecondFactor(code: code)
        }
      } catch {
        if code.isEmpty || tries == Self.tries { throw error }
        Console.error("upblit: \(error.message)")
      }
      tries += 1
    }
  }
}

/// `upblit account second-factor disable`.
struct SecondFactorDisable: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Take the second factor off your account.",
    discussion: """
        upblit account second-factor disable
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let password = try Passwords(options: options).read(from: nil, "Password: ")
      let code = try SecondFactorCode(options: options).ask()
      try await client.ask { (client) async throws(APIError) in
        try await client.removeSecondFactor(password: password, code: code)
      }
      Console.note("Your account has no second factor any more.")
    }
  }
}

/// `upblit account second-factor codes`.
struct SecondFactorCodes: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "codes", abstract: "Print new recovery codes; those before are void.",
    discussion: """
        upblit account second-factor codes
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    try await reporting(options) { () async throws(CLIError) in
      let client = try options.client()
      let password = try Passwords(options: options).read(from: nil, "Password: ")
      let code = try SecondFactorCode(options: options).ask()
      let codes = try await client.ask { (client) async throws(APIError) in
        try await client.newRecoveryCodes(password: password, code: code)
      }
      try AccountSecondFactor.show(codes, options)
    }
  }
}
