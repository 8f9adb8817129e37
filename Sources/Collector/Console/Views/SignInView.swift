import Pages

/// Signing in, with a password or at a provider of identities.
public struct SignInView: Sendable {
  public struct Provider: Sendable {
    public var name: String
    public var path: String

    public init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  public var frame: ConsoleFrame
  public var providers: [Provider]
  public var email: String
  /// Where to go on; a path of the console.
  public var next: String
  /// Whether the password was right and a code is wanted too.
  public var asksCode: Bool
  /// Why the last try failed, in one sentence.
  public var problem: String?

  public init(
    frame: ConsoleFrame, providers: [Provider], email: String = "", next: String = "",
    asksCode: Bool = false, problem: String? = nil
  ) {
    self.frame = frame
    self.providers = providers
    self.email = email
    self.next = next
    self.asksCode = asksCode
    self.problem = problem
  }

  public func bytes() -> [UInt8] {
    frame.document(title: "Sign in", isNarrow: true) { writer in
      writer.heading("Sign in")
      if let problem {
        var errors = FormErrors()
        errors.add(problem)
        writer.summary(errors, labels: [])
      }
      writer.raw("<form method=\"post\" action=\"/sign-in\" class=\"card\">")
      writer.hidden("next", next)
      Field(
        name: "email", label: "E-mail address", kind: .email, value: email,
        autocomplete: "username", isFirst: email.isEmpty
      ).write(into: &writer)
      Field(
        name: "password", label: "Password", kind: .password, autocomplete: "current-password",
        isFirst: !email.isEmpty
      ).write(into: &writer)
      if asksCode {
        Field(
          name: "code", label: "One-time code",
          hint: "Of your authenticator, or a recovery code.", autocomplete: "one-time-code"
        ).write(into: &writer)
      }
      writer.raw("<div class=\"send\"><button class=\"main\">Sign in</button>")
      for provider in providers {
        // A link, since the policy keeps forms on this site.
        writer.raw("<a class=\"act\" href=\"")
        writer.text(provider.path)
        writer.raw("\">Sign in with ")
        writer.isolated(provider.name)
        writer.raw("</a>")
      }
      writer.raw("</div></form>\n<p class=\"q\">New installation? <a href=\"/setup\">Set it up</a>")
      writer.raw(" with the secret in the collector's log.</p>\n")
    }
  }
}
