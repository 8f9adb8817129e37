import Checks
public import JSON
public import Model

/// A check that somebody wishes to try.
public struct TryDraft: Hashable, Sendable {
  /// What one probe may take, in milliseconds: whoever tries a check waits for it.
  public static let timeoutRange: ClosedRange<Int32> = 100...60_000

  public var check: Check
  public var timeoutMs: Int32 = 10_000
  /// `nil` is all there are.
  public var regions: [String]?

  /// Reads one; mistakes are noted in `reader`.
  public static func read(_ reader: inout ObjectReader) -> TryDraft? {
    reader.require("check")
    for name in ["check", "timeout_ms"] where reader.isNull(name) {
      reader.note(reader.child(name), "must not be null")
    }
    let check = reader.object("check") { MonitorDraft.check(&$0) }
    let timeoutMs = reader.integer("timeout_ms", in: timeoutRange)
    let regions = MonitorDraft.regions(&reader)
    guard let check else { return nil }
    var draft = TryDraft(check: check)
    if let timeoutMs { draft.timeoutMs = timeoutMs }
    draft.regions = regions
    return draft
  }
}
