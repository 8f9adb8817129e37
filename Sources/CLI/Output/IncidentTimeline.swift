import JSON
import UpblitClient

/// An incident as a person woken by it wants to read it: what is down, since when, who says so and
/// why, who was told, and how it ended.
struct IncidentTimeline {
  let incident: JSONValue
  /// Its logged steps, as far as they were read.
  var steps: [JSONValue] = []

  func text(columns: Int?) -> String {
    var text = heading
    if let cause = SharedCause(of: incident) {
      text += cause.text(others: incident["members"]?.elements ?? [])
    }
    text += "\n"
    var day = ""
    var opened = false
    for entry in entries {
      if entry.moment.day != day {
        day = entry.moment.day
        text += (opened ? "\n" : "") + "\(day) (UTC)\n"
        opened = true
      }
      text += "  \(entry.moment.time)  \(entry.words)\n"
      if let votes = entry.votes { text += votes.text(columns: columns) }
    }
    return text + SeenEvidence(pieces: incident["evidence"]?.elements ?? []).text(columns: columns)
  }

  private var heading: String {
    let severity = incident["severity"]?.stringValue ?? "?"
    let isOpen = incident["open"]?.boolValue == true
    let name = DisplayText.escaped(incident["monitor"]?["name"]?.stringValue ?? "?")
    let target = DisplayText.escaped(incident["monitor"]?["target"]?.stringValue ?? "?")
    let length = IncidentCommand.length(incident)
    let marks = IncidentCommand.marks(incident).map { ", " + DisplayText.escaped($0) }.joined()
    return Paint.state(severity, severity.uppercased()) + "  \(name)  \(target)\n"
      + (isOpen ? "open for \(length)" : "closed, lasted \(length)") + marks
      + "  incident \(DisplayText.escaped(incident["id"]?.stringValue ?? "?"))\n"
  }

  private struct Entry {
    var moment: Moment
    var words: String
    var votes: Table?
  }

  /// What happened, in its order; what is found out later stands where it was found out.
  private var entries: [Entry] {
    var entries: [Entry] = []
    if let moment = moment("started_at") {
      let isBlind = incident["severity"]?.stringValue == "unknown"
      entries.append(
        Entry(moment: moment, words: isBlind ? "too few votes from here on" : "first failure"))
    }
    entries += IncidentSteps(steps).lines.map { Entry(moment: $0.moment, words: $0.words) }
    for verdict in incident["verdicts"]?.elements ?? [] {
      guard let moment = verdict["decided_at"]?.stringValue.flatMap({ Moment($0) }) else {
        continue
      }
      let word = verdict["verdict"]?.stringValue ?? "?"
      entries.append(
        Entry(
          moment: moment, words: Paint.state(word, "declared \(word)") + Self.reason(verdict),
          votes: Self.votes(verdict)))
    }
    for notice in incident["notices"]?.elements ?? [] {
      guard let moment = notice["created_at"]?.stringValue.flatMap({ Moment($0) }) else {
        continue
      }
      entries.append(Entry(moment: moment, words: "told: " + NoticeCommand.words(notice)))
    }
    for note in incident["notes"]?.elements ?? [] {
      guard let moment = note["at"]?.stringValue.flatMap({ Moment($0) }) else { continue }
      entries.append(Entry(moment: moment, words: IncidentNotes.words(note)))
    }
    if let moment = moment("ended_at") {
      entries.append(Entry(moment: moment, words: ending))
    }
    return entries.enumerated().sorted {
      ($0.element.moment.milliseconds, $0.offset) < ($1.element.moment.milliseconds, $1.offset)
    }.map(\.element)
  }

  private var ending: String {
    switch incident["ended_by"]?.stringValue {
    case "withdrawn": "closed without a verdict: the monitor was paused or deleted"
    case "seeing_again": "enough votes again"
    default: "first success"
    }
  }

  private func moment(_ name: String) -> Moment? {
    incident[name]?.stringValue.flatMap { Moment($0) }
  }

  /// `: 3 of 3 votes fail, majority needs 2, at most 0 up`.
  private static func reason(_ verdict: JSONValue) -> String {
    guard let tally = verdict["tally"], let voting = tally["voting"]?.integerValue,
      let down = tally["down"]?.integerValue
    else { return "" }
    let up = tally["up"]?.integerValue ?? 0
    let assigned = tally["assigned"]?.integerValue ?? voting
    var words = ": \(down) of \(voting) votes fail, \(up) up"
    if assigned > voting { words += ", \(assigned - voting) of \(assigned) regions without a vote" }
    if let required = tally["required"]?.integerValue {
      let policy = PolicyWords.text(verdict["policy"]) ?? "the policy"
      words += Self.weights(tally)
      if let refused = tally["limited"]?.integerValue { words += ", \(refused) refused (429)" }
      words += " (\(DisplayText.escaped(policy)): \(required) must fail"
      if let allowed = tally["allowed_up"]?.integerValue, allowed < voting {
        words += ", at most \(allowed) up"
      }
      words += ")"
    }
    return words
  }

  /// `, those that fail weigh 5 of 7`, where votes are weighed.
  private static func weights(_ tally: JSONValue) -> String {
    guard let down = tally["weight_down"]?.integerValue, let all = tally["weight"]?.integerValue,
      let required = tally["required_weight"]?.integerValue
    else { return "" }
    return ", those that fail weigh \(down) of \(all) and \(required) are needed"
  }

  /// Weights and regions that must fail have columns where the policy knows of them.
  private static func votes(_ verdict: JSONValue) -> Table? {
    let votes = verdict["votes"]?.elements ?? []
    if votes.isEmpty { return nil }
    let isWeighed = votes.contains { $0["weight"]?.integerValue != nil }
    let hasMust = votes.contains { $0["must_fail"]?.boolValue == true }
    var heading = ["REGION", "AGENT", "VOTE", "AGE"]
    if isWeighed { heading.append("WEIGHT") }
    if hasMust { heading.append("MUST FAIL") }
    var table = Table(heading + ["COUNTED", "EVIDENCE"])
    table.indent = "            "
    for vote in votes {
      var row = [
        vote["region"]?.stringValue ?? "?", vote["agent"]?["name"]?.stringValue ?? "-",
        VoteWords.text(vote["vote"], vote["evidence"]?["reason"]),
        vote["age_ms"]?.integerValue.map { "\($0 / 1000).\($0 / 100 % 10) s" } ?? "-",
      ]
      if isWeighed { row.append(vote["weight"]?.integerValue.map { String($0) } ?? "-") }
      if hasMust { row.append(vote["must_fail"]?.boolValue == true ? "yes" : "") }
      row.append(vote["counted"]?.boolValue == true ? "yes" : "no: \(whyNot(vote))")
      row.append(VoteWords.evidence(vote["evidence"]))
      table.add(row)
    }
    return table
  }

  private static func whyNot(_ vote: JSONValue) -> String {
    vote["reason"]?.stringValue ?? vote["why_not"]?.stringValue ?? "?"
  }
}
