import Checks
public import JSON
public import Model
public import Quorum
import Wire

/// What a team decides about a monitor: all of it that isn't the store's own.
public struct MonitorDraft: Hashable, Sendable {
  public var name: String
  public var check: Check
  /// 5 to 86,400.
  public var intervalSeconds: Int32 = 60
  /// 100 up to the interval.
  public var timeoutMs: Int32 = 10_000
  /// The regions that vote, at most 10; `nil` is all there are.
  public var regions: [String]?
  /// `nil` takes the organization's.
  public var policy: Policy?
  /// The monitor of the same organization without which this one can't be up, such as the gateway
  /// before it: where both are down, this one's incident joins the parent's.
  public var parent: MonitorID?
  /// Words of the team's own to find it by, at most ``mostTags``.
  public var tags: [String] = []
  /// A paused monitor is not probed.
  public var paused = false
  /// Whether the stored secrets of `check` could not be opened: their places are empty, no agent is
  /// given it, and what is stored stays as it is until the check is given anew.
  public var secretsAreLost = false
  /// Why the stored check can't be read, as one that another release wrote: then `check` stands for
  /// nothing, no agent is given it, and what is stored stays as it is until a check is given anew.
  public var checkProblem: String?

  public static let mostTags = 32

  /// Whether what is stored of the check stays as it is.
  var keepsStoredSecrets: Bool { secretsAreLost || checkProblem != nil }

  public init(name: String, check: Check) {
    self.name = name
    self.check = check
  }

  /// A monitor whose stored check can't be read.
  init(name: String, checkProblem: String) {
    self.init(name: name, check: .tcp(TCPCheck(host: "", port: 0)))
    self.checkProblem = checkProblem
  }

  /// Whether `other` asks its target something else, or at other times: then votes about the one
  /// say nothing about the other.
  public func isSameQuestion(as other: MonitorDraft) -> Bool {
    check == other.check && intervalSeconds == other.intervalSeconds
      && timeoutMs == other.timeoutMs
  }
}

extension MonitorDraft {
  /// Reads a new monitor from `reader`; mistakes are noted there.
  ///
  /// - Parameter inherited: the organization's policy.
  public static func read(
    _ reader: inout ObjectReader, inheriting inherited: Policy = .standard
  ) -> MonitorDraft? {
    reader.require("name")
    reader.require("check")
    var draft = MonitorDraft(name: "", check: .tcp(TCPCheck(host: "", port: 0)))
    if !reader.has("timeout_ms"), let seconds = reader.value("interval_s")?.integerValue,
      5..<10 ~= seconds
    {
      draft.timeoutMs = Int32(seconds) * 1000
    }
    draft.change(&reader, inheriting: inherited)
    return reader.errors.errors.isEmpty ? draft : nil
  }

  /// Takes over the fields that `reader` has, and judges the whole; mistakes are noted there.
  ///
  /// `null` sets `regions` to all, `policy` to the organization's, which is `inherited`, and
  /// `parent` to none; it is refused for the other fields, which have no absence.
  public mutating func change(_ reader: inout ObjectReader, inheriting inherited: Policy) {
    for name in ["name", "check", "interval_s", "timeout_ms", "paused", "tags"]
    where reader.isNull(name) {
      reader.note(reader.child(name), "must not be null")
    }
    if let name = reader.string("name", bytes: 1...200) {
      if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
        reader.note(reader.child("name"), "must not contain control characters")
      }
      self.name = name
    }
    let stored = keepsStoredSecrets ? nil : check
    if let check = reader.object(
      "check",
      { Self.check(&$0, keepingSecretsOf: stored) })
    {
      self.check = check
      secretsAreLost = false
      checkProblem = nil
    }
    if let value = reader.integer("interval_s", in: Int32(5)...86_400) { intervalSeconds = value }
    if let value = reader.integer("timeout_ms", in: Int32(100)...86_400_000) { timeoutMs = value }
    if Int64(timeoutMs) > Int64(intervalSeconds) * 1000 {
      reader.note(
        reader.child("timeout_ms"),
        "is \(timeoutMs); it must not be above the interval of \(intervalSeconds) s")
    }
    changeRegions(&reader)
    changePolicy(&reader, inherited)
    changeParent(&reader)
    changeTags(&reader)
    if let paused = reader.bool("paused") { self.paused = paused }
  }

  /// Reads a check that an agent can be sent; mistakes are noted.
  static func check(
    _ reader: inout ObjectReader, keepingSecretsOf stored: Check? = nil
  ) -> Check? {
    guard let check = CheckDocument.read(&reader, keepingSecretsOf: stored) else { return nil }
    CheckRules.judge(check, in: &reader)
    if TargetCodec.byteCount(of: largestTarget(asking: check)) > TargetCodec.byteLimit {
      reader.note(
        reader.pointer, "takes more than \(TargetCodec.byteLimit) bytes; shorten its texts")
    }
    return check
  }

  /// The target that takes the most bytes on the wire of those that ask `check`.
  private static func largestTarget(asking check: Check) -> AssignedTarget {
    AssignedTarget(
      slot: .max, monitor: .zero, intervalSeconds: .max, timeoutMs: .max, phaseMs: .max,
      question: .check(check))
  }

  private mutating func changePolicy(_ reader: inout ObjectReader, _ inherited: Policy) {
    if reader.isNull("policy") { policy = nil }
    if let policy = reader.object("policy", { PolicyDocument.read(&$0) }) { self.policy = policy }
    if let policy {
      guard let problem = policy.problem(regions: regions) else { return }
      reader.note(
        PolicyDocument.place(of: problem, in: reader.child("policy")), problem.description)
    } else if let problem = inherited.problem(regions: regions) {
      reader.note(
        reader.child(reader.has("regions") ? "regions" : "policy"),
        "does not go with the organization's policy, which the monitor inherits: \(problem)")
    }
  }

  private mutating func changeParent(_ reader: inout ObjectReader) {
    if reader.isNull("parent") { parent = nil }
    guard let text = reader.string("parent", bytes: 1...64) else { return }
    guard let id = MonitorID(text) else {
      return reader.note(reader.child("parent"), "must be a monitor's id, or null for none")
    }
    parent = id
  }

  private mutating func changeTags(_ reader: inout ObjectReader) {
    guard let words = reader.strings("tags", count: Self.mostTags, bytes: 1...64) else { return }
    for (index, word) in words.enumerated() {
      let place = JSONPointer.child(String(index), of: reader.child("tags"))
      if !Self.isWord(word) {
        reader.note(
          place, "must be a word: lower-case letters, digits, hyphens, dots and underscores")
      } else if words.firstIndex(of: word) != index {
        reader.note(place, "is there twice")
      }
    }
    tags = words
  }

  private mutating func changeRegions(_ reader: inout ObjectReader) {
    if reader.isNull("regions") { regions = nil }
    if let names = Self.regions(&reader) { regions = names }
  }

  /// Reads the names of regions; mistakes are noted. `nil` where none are named.
  static func regions(_ reader: inout ObjectReader) -> [String]? {
    guard let names = reader.strings("regions", count: Policy.mostRegions, bytes: 1...64) else {
      return nil
    }
    if names.isEmpty {
      reader.note(reader.child("regions"), "must name a region, or be null for all")
    }
    for (index, name) in names.enumerated() {
      let place = JSONPointer.child(String(index), of: reader.child("regions"))
      if !isWord(name) {
        reader.note(place, "must be a region's name: lower-case letters, digits and hyphens")
      } else if names.firstIndex(of: name) != index {
        reader.note(place, "names a region twice")
      }
    }
    return names
  }

  /// Whether `name` can be a region's, or a tag.
  public static func isWord(_ name: String) -> Bool {
    name.utf8.allSatisfy {
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
    }
  }
}
