/// What a provider takes, and how it wants to be treated.
public struct ChannelLimits: Hashable, Sendable {
  public var title: TextLimit
  /// All that stands below the title.
  public var body: TextLimit
  /// One field's value.
  public var field: TextLimit
  /// How many messages at once, and how many a second after that.
  public var burst: Int
  public var messagesPerSecond: Double
  /// Whether many matters may be joined into one message: not where the receiver keeps an incident of
  /// its own for each.
  public var joins: Bool
  /// After how many seconds what still stands must be sent again, lest the receiver takes it for over.
  public var repeatsAfterSeconds: Int?

  init(
    title: TextLimit, body: TextLimit, field: TextLimit, burst: Int, messagesPerSecond: Double,
    joins: Bool, repeatsAfterSeconds: Int? = nil
  ) {
    self.title = title
    self.body = body
    self.field = field
    self.burst = burst
    self.messagesPerSecond = messagesPerSecond
    self.joins = joins
    self.repeatsAfterSeconds = repeatsAfterSeconds
  }
}
