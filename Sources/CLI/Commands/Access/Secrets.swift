import UpblitClient

/// Asks for passwords, or reads them from where they are handed over.
struct Passwords {
  let options: GlobalOptions

  /// The password in a file or on standard input, without the end of its line, or what is typed.
  func read(from path: String?, _ question: String) throws(CLIError) -> String {
    if let path {
      let text = try FileText.read(path, limit: 65536)
      let password = String(text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" })
      if password.isEmpty { throw CLIError(.badData, "the password that was given is empty") }
      return password
    }
    return try ask(question)
  }

  /// A new password, typed twice.
  func readNew(from path: String?, _ question: String) throws(CLIError) -> String {
    let password = try read(from: path, question)
    guard path == nil else { return password }
    guard try ask("Once more: ") == password else {
      throw CLIError(.failure, "the two are not the same: nothing was changed")
    }
    return password
  }

  private func ask(_ question: String) throws(CLIError) -> String {
    guard Console.canAsk, !options.noInput else {
      throw CLIError(.usage, "there is nobody to ask for a password: hand it over in a file")
    }
    let password = Console.askSecret(question)
    if password.isEmpty { throw CLIError(.usage, "nothing was typed: nothing was done") }
    return password
  }
}

/// Asks for the code of a second factor where one is needed.
struct SecondFactorCode {
  let options: GlobalOptions

  private static let tries = 3

  /// Does `work` without a code, and with one where the collector asks for it.
  func asked<Value: Sendable>(
    _ work: (String?) async throws(APIError) -> Value
  ) async throws(CLIError) -> Value {
    var code: String?
    var tries = 0
    while true {
      do throws(APIError) {
        return try await work(code)
      } catch {
        guard case .problem(let problem) = error, problem.status == 401 else {
          throw CLIError(error)
        }
        let isAsked = problem.kind == "second-factor-required"
        // A wrong code may be typed once more; a wrong password is no matter of the code.
        guard isAsked || (code != nil && problem.kind == "wrong-credentials"),
          tries < Self.tries
        else { throw CLIError(error) }
        if tries > 0 { Console.error("upblit: \(CLIError(error).message)") }
      }
      tries += 1
      code = try ask()
    }
  }

  func ask() throws(CLIError) -> String {
    guard Console.canAsk, !options.noInput else {
      throw CLIError(
        .notAllowed,
        "the account has a second factor, and there is nobody to ask for its code: use an API key")
    }
    let code = Console.ask("Code of your authenticator, or a recovery code: ")
    if code.isEmpty { throw CLIError(.usage, "nothing was typed: nothing was done") }
    return code
  }
}
