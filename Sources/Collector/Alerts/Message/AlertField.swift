/// One thing that a message says beside its title.
public struct AlertField: Hashable, Sendable {
  /// What it is, in one or two words.
  public var name: String
  public var value: String
  /// Whether the value is for machines, such as an address, and may stand as code.
  public var isCode = false
}

extension AlertMessage {
  /// What a test says first.
  static let testWords = "This is a test of the channel: nothing has happened."

  /// What is known of the one matter; of several the test's word alone, for `lines` lists them.
  public var fields: [AlertField] {
    var fields: [AlertField] = []
    func add(_ name: String, _ value: String?, isCode: Bool = false) {
      guard let value, !value.isEmpty else { return }
      fields.append(AlertField(name: name, value: value, isCode: isCode))
    }
    if isTest { add("Test", Self.testWords) }
    guard !isDigest else { return fields }
    let notice = lead.notice
    let isOver = lead.event.isOver
    add("Reason", notice.cause.map(SafeText.isolated))
    add("Target", SafeText.isolated(notice.target), isCode: true)
    add(isOver ? "Began" : "Since", (notice.since ?? (isOver ? nil : notice.at)).map(Self.words))
    if isOver { add("Ended", Self.words(notice.at)) }
    add(
      "Lasted",
      notice.lastedMs(at: isOver ? notice.at : now).flatMap { isOver || isReminder ? $0 : nil }.map(
        DurationWords.text))
    add(isOver ? "Failed in" : "Fails in", AlertSentence.list(notice.failing))
    if !isOver { add("Works in", AlertSentence.list(notice.passing)) }
    if !isOver { add("Last good answer", notice.lastGoodAt.map(Self.words)) }
    return fields
  }

  /// What stands below the title, a line each: the fields, or the matters that are listed.
  public var lines: [String] {
    fields.map { "\($0.name): \($0.value)" } + (isDigest ? entries.map { "- \($0)" } : [])
  }

  /// The sentences of the matters that are listed.
  var entries: [String] { items.map(AlertSentence.entry) }

  /// The whole message as text, the link last.
  public var text: String {
    ([title, ""] + lines + (more > 0 ? [TextLimit.closing(more)] : [])
      + (link.map { ["", $0] } ?? []))
      .joined(separator: "\n")
  }

  private var isReminder: Bool {
    if case .reminder = lead.event { true } else { false }
  }

  private static func words(_ milliseconds: Int64) -> String {
    CalendarTime(milliseconds: milliseconds).words
  }
}
