/// The advisory locks that are taken for one organization: the first of their two numbers. Each is held
/// until the end of the transaction.
///
/// Locks of the whole installation have one number, and stand beside what they guard.
enum AdvisoryLock {
  /// What incidents have in common is found by one transaction at a time.
  static let causes: Int32 = 0x7570_6203
  /// Parents of monitors are changed by one transaction at a time.
  static let parents: Int32 = 0x7570_6204
  /// Channels are claimed by one worker at a time, so that their number is known.
  static let sending: Int32 = 0x7570_6209
}
