import Conditions
import JSON

/// The member `conditions` of a check.
enum ConditionTexts {
  /// Reads the conditions, and which facts they alone decide (the status, where one of them can make
  /// the target down by it); mistakes are noted with the column.
  static func read(
    _ reader: inout ObjectReader, for kind: ProbeKind
  ) -> (texts: [String], decided: Set<Fact>) {
    let limit = 1...Condition.longestText
    guard let texts = reader.strings("conditions", count: ConditionList.most, bytes: limit) else {
      return ([], [])
    }
    var conditions: [Condition] = []
    var kept: [String] = []
    for (index, text) in texts.enumerated() {
      let place = JSONPointer.child(String(index), of: reader.child("conditions"))
      do throws(ConditionError) {
        let condition = try Condition(parsing: text, for: kind)
        if let fact = condition.facts.first(where: { !learnt(kind).contains($0) }) {
          reader.note(place, "asks for \(fact.rawValue), which agents can't tell yet")
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
