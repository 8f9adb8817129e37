import Pages

/// Making an account with a secret: the first one of an installation, or with an invitation.
public struct AccountFormView: Sendable {
  public enum Kind: Sendable {
    case setup
    case invitation
  }

  public var frame: ConsoleFrame
  public var kind: Kind
  public var fields: FormFields
  public var errors: FormErrors

  public init(
    frame: ConsoleFrame, kind: Kind, fields: FormFields = FormFields(),
    errors: FormErrors = FormErrors()
  ) {
    self.frame = frame
    self.kind = kind
    self.fields = fields
    self.errors = errors
  }

  /// The fields, which have the names of the members of the API's body.
  private var list: [Field] {
    var list = [
      Field(
        name: "secret", label: kind == .setup ? "Setup secret" : "Invitation",
        hint: kind == .setup
          ? "The collector writes it into its log when it starts and nobody can sign in."
          : "The part of the link behind the number sign.", takesFragment: true),
      Field(name: "email", label: "E-mail address", kind: .email, autocomplete: "username"),
      Field(name: "name", label: "Your name", autocomplete: "name"),
      Field(
        name: "password", label: "Password", kind: .password, hint: "At least 12 characters.",
        autocomplete: "new-password"),
    ]
    if kind == .setup {
      list.append(
        Field(
          name: "organization", label: "Organization",
          hint: "Owns the monitors; \u{201c}main\u{201d} will do.", autocomplete: "organization"))
    }
    return list
  }

  /// Which field a member of the API's body is.
  public static func field(of pointer: String) -> String? {
    let name = String(pointer.dropFirst())
    return ["secret", "email", "name", "password", "organization"].contains(name) ? name : nil
  }

  public func bytes() -> [UInt8] {
    let title = kind == .setup ? "Set up Upblit" : "Join an organization"
    return frame.document(title: title, isNarrow: true) { writer in
      writer.heading(kind == .setup ? "Set up Upblit" : "Join an organization")
      writer.raw("<p class=\"q\">")
      writer.raw(
        kind == .setup
          ? "Make the first account: an operator of this installation, who owns its first organization."
          : "Make an account with your invitation.")
      writer.raw("</p>\n")
      writer.summary(errors, labels: list.map { ($0.name, $0.label) })
      writer.raw("<form method=\"post\" action=\"")
      writer.raw(kind == .setup ? "/setup" : "/join")
      writer.raw("\" class=\"card\">")
      for var field in list {
        field.value = fields[field.name]
        field.errors = errors.byField[field.name] ?? []
        field.write(into: &writer)
      }
      writer.raw(
        "<div class=\"send\"><button class=\"main\">Make the account</button></div></form>\n")
    }
  }
}
