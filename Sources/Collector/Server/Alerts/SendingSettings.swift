public import OpenSSL
public import Store

/// How alerts are sent.
public struct SendingSettings: Sendable {
  public var sealing: SealingKey
  public var sender: Sender.Configuration
  public var places: AlertPlaces
  public var pace: OutboxPace
  /// To how many channels this process sends at once; to those of one organization half as many.
  public var workers: Int

  public init(
    sealing: SealingKey, sender: Sender.Configuration, places: AlertPlaces,
    pace: OutboxPace = OutboxPace(), workers: Int = 4
  ) {
    self.sealing = sealing
    self.sender = sender
    self.places = places
    self.pace = pace
    self.workers = max(1, workers)
  }
}
