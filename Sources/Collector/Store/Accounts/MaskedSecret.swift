/// A value of which nothing is printed that must not be known, wherever it is put into a text: a log, a
/// report of a crash, a failed test. Who needs the secret asks for it by name.
public protocol MaskedSecret: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{}

extension MaskedSecret {
  /// What it is.
  public var description: String { "\(Self.self)(...)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
