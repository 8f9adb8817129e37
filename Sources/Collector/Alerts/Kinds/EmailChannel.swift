public import JSON
public import OpenSSL

/// Mail by an SMTP server of the team's.
///
/// A connection is never left unprotected but to this machine itself, and only where the setting says
/// so. Mails about one incident refer to one identifier, so that mail programs make a thread of them.
public struct EmailChannel: ChannelKind {
  static let kindLimits = ChannelLimits(
    title: TextLimit(200, .characters), body: TextLimit(50_000, .characters),
    field: TextLimit(1000, .characters), burst: 10, messagesPerSecond: 1, joins: true)

  public let name = "email"
  public let title = "E-mail"
  public let summary = "Sends mail through an SMTP server."
  public let limits = kindLimits
  public let settings: [ChannelSetting] = [
    ChannelSetting(
      "to", .list(.address, most: 20), required: true, example: ["ops@example.org"],
      "Who gets the mails."),
    ChannelSetting(
      "from", .address, required: true, example: "upblit@example.org", "Who the mails come from."),
    ChannelSetting(
      "from_name", .text(1...100), standard: "Upblit", example: "Upblit",
      "The sender's name as mail programs show it."),
    ChannelSetting(
      "host", .host, required: true, example: "smtp.example.org", "The mail server's name."),
    ChannelSetting(
      "port", .integer(1...65_535), example: 465,
      "The mail server's port; 465 for tls, 587 for starttls and 25 for none if left out."),
    ChannelSetting(
      "security", .word(OutgoingMail.Security.allCases.map(\.rawValue)), standard: "tls",
      example: "tls",
      "How the connection is protected: tls from its first byte, starttls or no mail, or none,"
        + " which only a relay on the collector's own machine may have."),
    ChannelSetting(
      "username", .text(1...255), example: "upblit", "Whom to sign in as; nobody if left out."),
    ChannelSetting(
      "password", .text(1...1024), secret: true, example: "correct horse", "The password for it."),
  ]

  public init() {}

  public func judge(_ settings: ChannelSettings, in reader: inout ObjectReader) {
    if (settings["username"] == nil) != (settings["password"] == nil) {
      reader.note(
        reader.child(settings["username"] == nil ? "username" : "password"),
        "is required, for a user name and a password go together")
    }
    if settings.text("security") == "none", !URLRule.isLoopback(settings.text("host")) {
      reader.note(
        reader.child("security"), "may be none only for a host such as localhost or 127.0.0.1")
    }
  }

  public func request(
    _ message: AlertMessage, _ settings: ChannelSettings, _ delivery: Delivery
  ) throws(OpenSSLError) -> OutgoingRequest {
    let security = OutgoingMail.Security(rawValue: settings.text("security")) ?? .tls
    let usual: Int64 =
      switch security {
      case .tls: 465
      case .startTLS: 587
      case .none: 25
      }
    let fromName = SafeText.line(settings.text("from_name"), limit: 100)
    let text = MailText(
      message: message, delivery: delivery, from: settings.text("from"),
      fromName: fromName.isEmpty ? "Upblit" : fromName, to: settings.texts("to"))
    return .mail(
      OutgoingMail(
        host: settings.text("host"), port: Int(settings["port"]?.integerValue ?? usual),
        security: security,
        credentials: settings.textIfAny("username").map {
          OutgoingMail.Credentials(user: $0, password: settings.text("password"))
        }, sender: settings.text("from"), recipients: settings.texts("to"), bytes: text.bytes))
  }
}
