public import Model

/// The one name under which every channel knows a matter, from its first word to its last.
///
/// It is made of what never changes, so that renaming a monitor or restarting a collector leaves no
/// alert behind: at most 41 bytes of lower-case letters, digits, `_` and `-`.
public struct IncidentKey: Hashable, Sendable, CustomStringConvertible {
  /// `inc_`, `mon_` or `flap_` and an identifier.
  public let text: String

  /// Of an incident.
  public init<Kind>(incident: Identifier<Kind>) {
    text = "inc_\(incident)"
  }

  /// Of a matter that is no incident, such as being slow: a monitor has one of these at a time.
  public init(monitor: MonitorID) {
    text = "mon_\(monitor)"
  }

  /// Of a monitor's going down again and again, from the word that it does to the one that it is steady:
  /// the incidents meanwhile are told of no more, so neither word is one of theirs.
  public init(flapping monitor: MonitorID) {
    text = "flap_\(monitor)"
  }

  public var description: String { text }
}

/// What deliveries are named by.
public enum NamedAlert {
  public enum Delivery {}
}

/// Names one message to one channel: the same however often it is tried.
public typealias DeliveryID = Identifier<NamedAlert.Delivery>
