/// Why one monitor could not be stepped, for a reason that trying again at once does not cure.
public struct DecisionError: Error, Hashable, Sendable, CustomStringConvertible {
  public var monitorKey: Int64
  public var reason: String

  public init(monitorKey: Int64, _ reason: String) {
    self.monitorKey = monitorKey
    self.reason = reason
  }

  public var description: String { "monitor \(monitorKey) can't be decided upon: \(reason)" }
}
