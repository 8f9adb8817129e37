import JSON
import Quorum
import Store

/// The form of policies, as `PolicyDocument` reads and writes them.
extension Schema {
  static let policy: Schema = {
    let regions = Schema.array(of: .string(1...64), count: 0...Policy.mostRegions).nullable
    func form(
      _ kind: String, _ description: String, _ own: KeyValuePairs<String, Schema> = [:],
      example: JSONValue
    ) -> Schema {
      Schema.sent(
        [
          "kind": .exactly(kind),
          "up_cap": Schema.integer(0...1000).nullable.described(
            "The most regions that may still be up when the verdict is down."),
          "min_domains": Schema.integer(1...1000).nullable.described(
            "Of how many providers the failing regions must be, at least."),
          "must_fail": regions.described("Regions without whose failing there is no verdict down."),
          "ignore": regions.described("Regions that are probed and do not vote."),
          "severity": urgencies.nullable,
        ], required: ["kind"]
      ).including(own).described(description).example(example)
    }
    return Schema.one(of: [
      form(
        "majority", "More than half of the voting regions fail.", example: ["kind": "majority"]),
      form(
        "n_of_m", "At least `n` regions fail.", ["n": .integer(1...1000)],
        example: ["kind": "n_of_m", "n": 2]),
      form(
        "percent", "At least `percent` of the voting regions fail.", ["percent": .integer(1...100)],
        example: ["kind": "percent", "percent": 60]),
      form("all", "All voting regions fail.", example: ["kind": "all"]),
      form("any", "One region fails.", example: ["kind": "any"]),
      form(
        "weighted",
        "The failing regions weigh more than half; a region that is not named weighs 1.",
        [
          "weights": .dictionary(
            of: Schema.integer(0...Int64(Policy.mostWeight)).nullable, names: .string(1...64))
        ], example: ["kind": "weighted", "weights": ["eu-west": 3]]),
    ]).described(
      "Who must agree before a target is called down (`kind` says which form it is)."
    ).named("Policy")
  }()

  private static let urgencies: Schema = {
    let word = Schema.words(Urgencies.words.map(\.rawValue)).nullable
    return Schema.sent(["down": word, "partial": word, "regional": word, "degraded": word])
      .described("Whom a verdict reaches; what is left out keeps its default.")
      .example(["regional": "page"])
  }()
}
