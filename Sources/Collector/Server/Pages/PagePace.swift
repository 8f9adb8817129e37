/// How often pages are loaded, and how long for; times are milliseconds.
enum PagePace {
  /// Between the beginnings of two loads of one page.
  static let pauseMs: Int64 = 500
  /// Bars and uptimes move with the clock: a page is loaded again when it is so old.
  static let freshMs: Int64 = 60_000
  /// Whoever asks for one that is so old waits for a newer.
  static let oldMs: Int64 = 90_000
  /// The same of a change that the page does not show.
  static let changeMs: Int64 = 2_000
  /// How long they wait.
  static let patienceMs: Int64 = 1_000
  static let responsesFreshMs: Int64 = 300_000
  /// A page that nobody asked for so long is loaded again when somebody does.
  static let idleMs: Int64 = 600_000
  /// After a load that failed.
  static let retryMs: Int64 = 5_000
  /// For so long nobody else tries what has just failed, and they are told so.
  static let refusalMs: Int64 = 1_000
  /// Pages that are loaded again at once.
  static let mostLoads = 4
  /// Pages that are to be loaded for the first time, or are.
  static let mostFirstLoads = 256
  /// Those of them that are loaded at once.
  static let mostFirstLoadsAtOnce = 8
  /// First loads of late that are remembered.
  static let mostAttempts = 1_024
  /// Of all pages that are kept.
  static let mostBytes = 96 << 20
}
