/// A step that was taken, as the log has it.
public struct LoggedStep: Hashable, Sendable {
  /// Its place in the monitor's log.
  public var number: Int64
  public var event: Event
  /// What it wanted done, verdicts left out.
  public var directives: [Directive]

  public init(number: Int64, event: Event, directives: [Directive]) {
    self.number = number
    self.event = event
    self.directives = directives
  }
}
