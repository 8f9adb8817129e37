/// What several kinds say or show alike.
enum ChannelWords {
  /// On buttons and links.
  static let open = "Open in Upblit"
}

/// The colour that says how bad a message is, before it is read.
enum ChannelColor: Sendable {
  case bad
  case warning
  case good
  case known

  init(_ message: AlertMessage) {
    if message.lead.event.isOver {
      self = .good
      return
    }
    if case .acknowledged = message.lead.event {
      self = .known
      return
    }
    switch message.severity {
    case .critical, .error: self = .bad
    case .warning: self = .warning
    case .info: self = .good
    }
  }

  /// As `#rrggbb`.
  var hex: String {
    switch self {
    case .bad: "#d92d20"
    case .warning: "#f79009"
    case .good: "#12a150"
    case .known: "#2970ff"
    }
  }

  /// As a number.
  var number: Int64 {
    switch self {
    case .bad: 0xd92d20
    case .warning: 0xf79009
    case .good: 0x12a150
    case .known: 0x2970ff
    }
  }

  /// As a character.
  var symbol: String {
    switch self {
    case .bad: "🔴"
    case .warning: "🟠"
    case .good: "🟢"
    case .known: "🔵"
    }
  }
}
