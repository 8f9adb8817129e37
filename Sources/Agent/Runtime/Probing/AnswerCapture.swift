import AgentCore

/// Memory for what one probe's target says while the probe runs: the head of its last answer, the
/// beginning of the body, and the way there. It is looked at only where evidence is wanted.
///
/// Belongs to the prober's thread; a `CapturePool` lends it.
final class AnswerCapture {
  /// The most bytes about the requests before the last.
  static let trailLimit = 2 << 10

  private let memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: ProbeEvidence.headLimit + ProbeEvidence.bodyLimit + trailLimit, alignment: 1)
  private var headCount = 0
  private var bodyCount = 0
  private var trailCount = 0
  private var isHeadOver = false
  /// Whether the head goes on behind what is kept.
  private(set) var isHeadCut = false
  /// Whether the trail lacks its end.
  private(set) var isTrailCut = false

  deinit {
    memory.deallocate()
  }

  var head: UnsafeRawBufferPointer { part(0, headCount) }
  var body: UnsafeRawBufferPointer { part(ProbeEvidence.headLimit, bodyCount) }
  /// Lines, each ended by LF, their secrets not masked.
  var trail: UnsafeRawBufferPointer {
    part(ProbeEvidence.headLimit + ProbeEvidence.bodyLimit, trailCount)
  }

  /// Takes a line of a head; that of an answer after another takes its place.
  func take(line: UnsafeRawBufferPointer) {
    if isHeadOver, line.starts(with: "HTTP/".utf8) { forgetHead() }
    if line.first == 10 || (line.first == 13 && line.count == 2) { isHeadOver = true }
    let taken = copy(line, to: headCount, room: ProbeEvidence.headLimit - headCount)
    headCount += taken
    if taken < line.count { isHeadCut = true }
  }

  /// Takes a piece of the body.
  func take(body piece: UnsafeRawBufferPointer) {
    guard bodyCount < ProbeEvidence.bodyLimit else { return }
    bodyCount += copy(
      piece, to: ProbeEvidence.headLimit + bodyCount, room: ProbeEvidence.bodyLimit - bodyCount)
  }

  /// Takes a line about an address that a request before tried.
  func take(trailLine line: String) {
    guard makesRoom(line.utf8.count + 1) else { return }
    append(line.utf8)
    append(CollectionOfOne(10))
  }

  /// Notes that the target led to another URL. Steady probes do so too: it takes no memory.
  func take(redirect status: Int, to url: String) {
    guard makesRoom(14 + url.utf8.count) else { return }
    append("redirect ".utf8)
    append(CollectionOfOne(Self.digit(status / 100)))
    append(CollectionOfOne(Self.digit(status / 10)))
    append(CollectionOfOne(Self.digit(status)))
    append(CollectionOfOne(0x20))
    append(url.utf8)
    append(CollectionOfOne(10))
  }

  private static func digit(_ number: Int) -> UInt8 {
    UInt8(ascii: "0") + UInt8(truncatingIfNeeded: abs(number % 10))
  }

  private func makesRoom(_ count: Int) -> Bool {
    guard trailCount + count <= Self.trailLimit else {
      isTrailCut = true
      return false
    }
    return true
  }

  private func append(_ bytes: some Collection<UInt8>) {
    let start = ProbeEvidence.headLimit + ProbeEvidence.bodyLimit + trailCount
    let place = UnsafeMutableRawBufferPointer(
      rebasing: memory[start..<start + bytes.count])
    place.copyBytes(from: bytes)
    trailCount += bytes.count
  }

  /// Another request of the same probe begins.
  func beginRequest() {
    forgetHead()
    bodyCount = 0
  }

  /// Another probe will use it.
  func clear() {
    beginRequest()
    trailCount = 0
    isTrailCut = false
  }

  private func forgetHead() {
    headCount = 0
    isHeadOver = false
    isHeadCut = false
  }

  private func copy(_ bytes: UnsafeRawBufferPointer, to offset: Int, room: Int) -> Int {
    let count = min(bytes.count, room)
    guard count > 0 else { return 0 }
    UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + count])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    return count
  }

  private func part(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: memory[start..<start + count])
  }
}

/// Lends captures and more to the probes that run, so that one probe after another uses the same memory.
final class CapturePool {
  /// Captures that are kept for later probes; more than these run at once only now and then.
  private static let mostKept = 64
  /// What the bodies that conditions ask about may hold, of all probes that run.
  static let bodyBytes = 64 << 20

  private var kept: [AnswerCapture] = []
  let handles = HandlePool()
  /// Tokens that checks were given.
  let tokens = TokenCache()

  init() {
    kept.reserveCapacity(Self.mostKept)
  }

  private var lentBodyBytes = 0

  /// Whether there is room for so many bytes more of bodies; they are to be given back.
  func lendBody(_ count: Int) -> Bool {
    guard count <= Self.bodyBytes - lentBodyBytes else { return false }
    lentBodyBytes += count
    return true
  }

  func takeBackBody(_ count: Int) { lentBodyBytes -= count }

  func lend() -> AnswerCapture { kept.popLast() ?? AnswerCapture() }

  func takeBack(_ capture: AnswerCapture) {
    guard kept.count < Self.mostKept else { return }
    capture.clear()
    kept.append(capture)
  }
}
