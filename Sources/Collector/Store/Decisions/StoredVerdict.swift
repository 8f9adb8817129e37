import FoundationEssentials
import Model
import Postgres
import Quorum

/// A verdict's columns `tally` and `votes`: the engine's own forms, with what the store knows more.
struct StoredVerdict {
  let tally: JSONText
  let votes: JSONText
  let policy: JSONText

  /// `tally` holds `Tally`, `regions`, `domain` and `solo`; each of `votes` holds `Ballot` and the agent's
  /// identifier as `agentID`.
  init(_ record: VerdictRecord, agents: [AgentKey: AgentID]) throws {
    tally = try Self.json(
      TallyColumn(
        tally: record.tally, regions: record.regions, domain: record.domain, solo: record.solo))
    votes = try Self.json(
      record.ballots.map { ballot in
        BallotColumn(ballot: ballot, agentID: ballot.agent.flatMap { agents[$0] })
      })
    policy = try Self.json(record.policy)
  }

  /// The value as JSON with sorted keys.
  static func json(_ value: some Encodable) throws -> JSONText {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return JSONText(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  private struct TallyColumn: Encodable {
    var tally: Tally
    var regions: [String]
    var domain: String?
    var solo: Bool

    private enum Key: String, CodingKey { case regions, domain, solo }

    func encode(to encoder: any Encoder) throws {
      try tally.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(regions, forKey: .regions)
      try container.encodeIfPresent(domain, forKey: .domain)
      try container.encode(solo, forKey: .solo)
    }
  }

  private struct BallotColumn: Encodable {
    var ballot: Ballot
    var agentID: AgentID?

    private enum Key: String, CodingKey { case agentID }

    func encode(to encoder: any Encoder) throws {
      try ballot.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encodeIfPresent(agentID, forKey: .agentID)
    }
  }
}
