/// Compares what a policy said of one target with the truth.
struct Judge {
  /// An outage may be told, and a page is true, until so long after the outage's end.
  static let graceMs: Int64 = 90_000

  let trace: WorldTrace
  let target: TargetTrace

  func score(_ record: Record) -> Score {
    var score = Score()
    score.targetMs = trace.length
    score.scheduledProbes = record.scheduledProbes
    score.askedProbes = record.askedProbes
    score.steps = record.steps
    score.lateResults = record.lateResults
    score.unknownMs = record.unknown.reduce(0) { $0 &+ $1.end &- $1.start }
    judgePages(record, &score)
    judgeOutages(record, &score)
    judgeRegional(record, &score)
    return score
  }

  /// The first thing that went wrong, for a journal.
  func mistake(_ record: Record) -> Finder? {
    for span in record.down where Self.first(in: target.outages, meeting: span) == nil {
      return Finder(span: span, what: "a false page")
    }
    for outage in target.outages
    where !outage.isBrownout && !outage.isFlap && outage.span.end &- outage.span.start >= 30_000
      && !record.down.contains(where: { outage.span.meets($0, slack: Self.graceMs) })
    {
      return Finder(span: outage.span, what: "a missed outage")
    }
    return nil
  }

  private func judgePages(_ record: Record, _ score: inout Score) {
    for span in record.down {
      guard let outage = Self.first(in: target.outages, meeting: span) else {
        score.falseDown += 1
        let began = Span(start: span.start, end: span.start)
        if Self.meets(trace.surroundings, began, slack: Self.graceMs) {
          score.falseDownInFaults += 1
        }
        continue
      }
      guard record.paged == nil else { continue }
      count(outage, &score)
    }
    for moment in record.paged ?? [] {
      let span = Span(start: moment, end: moment)
      if let outage = Self.first(in: target.outages, meeting: span) { count(outage, &score) }
    }
  }

  /// One page for `outage`.
  private func count(_ outage: TargetOutage, _ score: inout Score) {
    if outage.isFlap { score.flapPages += 1 }
    if !outage.isFlap, !outage.isBrownout { score.pages += 1 }
  }

  private func judgeOutages(_ record: Record, _ score: inout Score) {
    for (index, outage) in target.outages.enumerated() {
      let span = outage.span
      let told = record.down.filter { span.meets($0, slack: Self.graceMs) }
      if outage.isFlap {
        score.flaps += 1
        continue
      }
      if outage.isBrownout {
        score.brownouts += 1
        if told.isEmpty, !Self.meets(record.partial, span), !Self.meets(record.regional, span) {
          score.missedBrownouts += 1
        }
        continue
      }
      let length = span.end &- span.start
      if length >= 60_000 {
        score.outages60 += 1
        if told.isEmpty { score.missed60 += 1 }
      } else if length >= 30_000 {
        score.outages30 += 1
        if told.isEmpty { score.missed30 += 1 }
      }
      guard let first = told.first, let last = told.last else { continue }
      score.pagedOutages += 1
      guard first.start >= span.start else { continue }
      let detect = Int32(clamping: first.start &- span.start)
      if outage.mode == .blackHole {
        score.detectBlackHole.append(detect)
      } else {
        score.detectAnswered.append(detect)
      }
      // A recovery that the next outage overtakes is none.
      if target.outages.indices.contains(index + 1),
        target.outages[index + 1].span.start <= last.end
      {
        continue
      }
      if last.end >= span.end, last.end < trace.length {
        score.recover.append(Int32(clamping: last.end &- span.end))
      }
    }
  }

  private func judgeRegional(_ record: Record, _ score: inout Score) {
    let outages = target.outages.map(\.span)
    score.regionalNotices = record.regional.count + record.partial.count
    for span in record.regional
    where !Self.meets(target.regional, span, slack: Self.graceMs)
      && !Self.meets(outages, span, slack: Self.graceMs)
    {
      score.falseRegional += 1
    }
    for span in record.partial
    where !Self.meets(target.regional, span, slack: Self.graceMs)
      && !Self.meets(outages, span, slack: Self.graceMs)
    {
      score.falsePartial += 1
    }
    let told = (record.regional + record.partial + record.down + record.unknown).sorted {
      $0.start < $1.start
    }
    for span in target.partials where span.end &- span.start >= 300_000 {
      score.partials5m += 1
      guard let first = told.first(where: { span.meets($0) }) else {
        score.missedPartials5m += 1
        continue
      }
      if first.start > span.start {
        score.detectPartial.append(Int32(clamping: first.start &- span.start))
      }
    }
  }

  /// The first outage, flap or brownout that `span` tells of.
  static func first(in outages: [TargetOutage], meeting span: Span) -> TargetOutage? {
    outages.first { $0.span.meets(span, slack: graceMs) }
  }

  /// Whether one of `spans`, each prolonged by `slack`, meets `span`.
  static func meets(_ spans: [Span], _ span: Span, slack: Int64 = 0) -> Bool {
    spans.contains { $0.meets(span, slack: slack) }
  }
}
