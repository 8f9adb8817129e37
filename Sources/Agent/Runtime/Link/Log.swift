import Synchronization

/// How much a line of the log matters.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
  case debug
  case info
  case warning
  case error

  /// The word in the log and in the settings.
  public var word: String { "\(self)" }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The log: one line an event, as `key=value` words (logfmt). No secret may be given to it.
public struct Log: Sendable {
  /// The least level that is written; shared by all copies, so that it can change while they run.
  public final class Threshold: Sendable {
    private let value: Atomic<Int>

    public init(_ level: LogLevel) {
      value = Atomic(level.rawValue)
    }

    public var level: LogLevel {
      get { LogLevel(rawValue: value.load(ordering: .relaxed)) ?? .info }
      set { value.store(newValue.rawValue, ordering: .relaxed) }
    }
  }

  private let threshold: Threshold
  private let write: @Sendable (String) -> Void

  /// - Parameter write: takes one whole line, its end included.
  public init(_ threshold: Threshold, write: @escaping @Sendable (String) -> Void) {
    self.threshold = threshold
    self.write = write
  }

  /// A log that keeps nothing.
  public static let none = Log(Threshold(.error)) { _ in }

  public func debug(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    line(.debug, message, fields)
  }

  public func info(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    line(.info, message, fields)
  }

  public func warning(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    line(.warning, message, fields)
  }

  public func error(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    line(.error, message, fields)
  }

  private func line(
    _ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, String>
  ) {
    guard level >= threshold.level else { return }
    var text = "level=\(level.word) msg=\(Self.quoted(message))"
    for (key, value) in fields { text += " \(key)=\(Self.quoted(value))" }
    write(text + "\n")
  }

  /// A value in quotes where it holds anything but plain letters; control characters become spaces,
  /// since a peer's text may be among the values.
  private static func quoted(_ value: String) -> String {
    let isPlain =
      !value.isEmpty
      && value.unicodeScalars.allSatisfy {
        $0 > " " && $0 != "\"" && $0 != "\\" && $0 != "=" && !$0.isControl
      }
    guard !isPlain else { return value }
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case _ where scalar.isControl: text += " "
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
