/// What one policy said of one target in one world.
struct Record: Sendable {
  /// When it was said to be down.
  var down: [Span] = []
  /// When somebody was paged for it; `nil` where each beginning is a page.
  var paged: [Int64]?
  /// When it was said to fail for one region, or for some.
  var regional: [Span] = []
  var partial: [Span] = []
  /// When too little was known to say anything.
  var unknown: [Span] = []
  /// Probes that were due, and that were asked for beside them.
  var scheduledProbes: Int64 = 0
  var askedProbes: Int64 = 0
  var steps: Int64 = 0
  /// Results that came too late to vote.
  var lateResults: Int64 = 0
}
