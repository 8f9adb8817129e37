import JSON

/// What a message needs beside a notice's columns, as it was when the notice was decided.
///
/// The stored object holds `monitor` (`id`, `name`, `target`), `tally` (as the newest verdict has
/// it), `since` (when the incident began, collector time, ms), `cause` (the evidence of the first
/// counted vote that fails) and `ending` (how what was told is over, of kind `ended`). What is not
/// known is left out.
public struct NoticeBody: Hashable, Sendable {
  public var monitorName: String
  public var target: String
  /// The regions that fail while others do not; empty unless partial or regional.
  public var regions: [String]
  /// How many regions have a vote, and how many of them fail.
  public var voting: Int64?
  public var down: Int64?
  /// When the incident began, collector time (ms).
  public var since: Int64?
  /// The failure's own words, of one region.
  public var cause: String?
  /// `recovered`, `seeingAgain` or `withdrawn`.
  public var ending: String?

  init(_ stored: JSONValue) {
    monitorName = stored["monitor"]?["name"]?.stringValue ?? "?"
    target = stored["monitor"]?["target"]?.stringValue ?? "?"
    let tally = stored["tally"]
    regions = tally?["regions"]?.elements.compactMap(\.stringValue) ?? []
    voting = tally?["voting"]?.integerValue
    down = tally?["down"]?.integerValue
    since = stored["since"]?.integerValue
    cause = stored["cause"]?["detail"]?.stringValue
    ending = stored["ending"]?.stringValue
  }
}
