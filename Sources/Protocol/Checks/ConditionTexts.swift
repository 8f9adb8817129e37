import Conditions
import JSON
public import Model

/// The member `conditions` of a check.
enum ConditionTexts {
  /// Whether documents that are read now were judged when they were saved, so that their conditions
  /// are taken as they stand: to compile them is most of the work of reading, and whoever lists
  /// monitors or hands them to agents needs only the texts.
  @TaskLocal static var areJudged = false

  /// Reads the conditions, and which facts they alone decide (the status, where one of them can make
  /// the target down by it); mistakes are noted with the column.
  static func read(
    _ reader: inout ObjectReader, for kind: ProbeKind
  ) -> (texts: [String], decided: Set<Fact>) {
    let limit = 1...Condition.longestText
    guard let texts = reader.strings("conditions", count: ConditionList.most, bytes: limit) else {
      return ([], [])
    }
    // What they decide matters only where a document leaves out what a stored one always has.
    if areJudged, kind != .http || reader.has("status") { return (texts, []) }
    var conditions: [Condition] = []
    var kept: [String] = []
    var instructions = 0
    for (index, text) in texts.enumerated() {
      let place = JSONPointer.child(String(index), of: reader.child("conditions"))
      do throws(ConditionError) {
        let condition = try Condition(parsing: text, for: kind)
        if let fact = condition.facts.first(where: { !learnt(kind).contains($0) }) {
          reader.note(place, "asks for \(fact.rawValue), which agents can't tell yet")
        }
        instructions += condition.instructions
        if instructions > ConditionList.mostInstructions {
          reader.note(place, ConditionList.tooLarge(instructions))
          break
        }
        conditions.append(condition)
        // Its canonical form, unless that is longer than a condition may be.
        let canonical = condition.description
        kept.append(canonical.utf8.count <= Condition.longestText ? canonical : text)
      } catch {
        reader.note(place, "is no condition at \(error)")
      }
    }
    // A status that may make the target down in a condition's place of the usual statuses.
    let deciding = conditions.filter { $0.severity == .down && $0.facts == [.status] }
    return (kept, deciding.isEmpty ? [] : [.status])
  }

  /// What agents of this version learn of a kind's targets.
  private static func learnt(_ kind: ProbeKind) -> Set<Fact> {
    Set(Fact.allCases.filter { $0.exists(for: kind) }).subtracting([.domainExpiration])
  }
}

extension CheckDocument {
  /// As ``decode(_:secrets:)``, of a document that was judged when it was saved: its conditions are
  /// taken as they stand.
  public static func decodeJudged(
    _ text: String, secrets: [String] = []
  ) throws(FieldErrors) -> Check {
    try ConditionTexts.$areJudged.withValue(true) {
      Result { () throws(FieldErrors) in try decode(text, secrets: secrets) }
    }.get()
  }

  /// As ``decodeWithoutSecrets(_:)``, of a document that was judged when it was saved.
  public static func decodeJudgedWithoutSecrets(_ text: String) throws(FieldErrors) -> Check {
    try ConditionTexts.$areJudged.withValue(true) {
      Result { () throws(FieldErrors) in try decodeWithoutSecrets(text) }
    }.get()
  }
}
