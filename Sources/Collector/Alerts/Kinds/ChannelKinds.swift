/// All kinds of channels: the API, the command line and the documents learn of them from here.
public enum ChannelKinds {
  /// In the order in which people are offered them.
  public static let all: [any ChannelKind] = [
    EmailChannel(), WebhookChannel(), SlackChannel(), DiscordChannel(), TelegramChannel(),
    TeamsChannel(), PagerDutyChannel(), NtfyChannel(), AlertmanagerChannel(), AppriseChannel(),
  ]

  /// The kind of a name.
  public static func named(_ name: String) -> (any ChannelKind)? {
    all.first { $0.name == name }
  }
}
