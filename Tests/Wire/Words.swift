import Model
import Wire

/// A frame's fields in the order of its body, as the independent sender writes them.
struct Words {
  private(set) var words: [String] = []

  mutating func add(_ number: some BinaryInteger) { words.append(String(number)) }

  mutating func add(_ number: (some BinaryInteger)?) {
    words.append(number.map { String($0) } ?? "-")
  }

  mutating func add(word: String?) { words.append(word ?? "-") }

  mutating func add(_ text: String) { words.append("x" + hexadecimal(text.utf8)) }

  mutating func add(_ bytes: [UInt8]) {
    words.append(bytes.isEmpty ? "-" : hexadecimal(bytes))
  }

  mutating func add(_ identifier: Identifier<some Any>) { add(identifier.bytes) }

  mutating func add(_ digest: BatchDigest) {
    add((0..<8).map { UInt8(truncatingIfNeeded: digest.value >> (56 - 8 * UInt64($0))) })
  }

  mutating func add(_ credit: Credit) {
    add(credit.bytes)
    add(credit.batches)
  }

  mutating func add(_ end: End) {
    add(end.number)
    add(end.minimumDelayMs)
    add(end.maximumDelayMs)
    add(end.message)
  }

  private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension Words {
  mutating func add(_ targets: [AssignedTarget]) {
    add(targets.count)
    for target in targets { add(target) }
  }

  mutating func add(_ target: AssignedTarget) {
    add(target.slot)
    add(target.monitor)
    switch target.question {
    case .check(let check): add(check.kind.rawValue)
    case .canary: add(UInt8(64))
    case .notUnderstood(let kind, _, _): add(kind)
    }
    add(target.intervalSeconds)
    add(target.timeoutMs)
    add(target.phaseMs)
    switch target.question {
    case .check(.http(let check)): add(check)
    case .check(.tcp(let check)), .canary(let check):
      add(check.host)
      add(check.port)
      add(check.family.rawValue)
      add(check.degradedAboveMs)
    // What only agents of this version know is not compared with the other implementation.
    case .check(let check): add(word: "kind:\(check.kind)")
    case .notUnderstood(_, let reason, _): add(word: "not-understood:\(reason)")
    }
  }

  private mutating func add(_ check: HTTPCheck) {
    add(check.url)
    add(check.method)
    add(check.headers.count)
    for header in check.headers {
      add(header.name)
      add(header.value)
    }
    add(check.body)
    add(check.statusRanges.count)
    for range in check.statusRanges {
      add(range.lowerBound)
      add(range.upperBound)
    }
    add(check.maxRedirects)
    add(check.contains.count)
    for text in check.contains { add(text) }
    add(check.absent.count)
    for text in check.absent { add(text) }
    add(check.bodyLimit)
    add(check.family.rawValue)
    add(check.degradedAboveMs)
    add(check.degradedBelowCertificateDays)
  }

  mutating func add(_ header: ResultsHeader) {
    add(header.stream)
    add(header.sequence)
    add(header.agent)
    add(header.keyID)
    add(header.boot)
    add(header.baseMs)
    add(header.clockOffsetMs)
    add(header.clockErrorMs)
    add(header.assignmentRevision)
    add(header.kind.rawValue)
    add(header.count)
  }

  /// A record whose start is told as the milliseconds since `previousMs`.
  mutating func add(_ record: ProbeRecord, previousMs: Int64) {
    add(record.slot)
    add(record.startedAtMs - previousMs)
    add(record.total)
    switch record.outcome {
    case .up: add(word: "up")
    case .degraded: add(word: "degraded")
    case .failed: add(word: "failed")
    }
    if let phases = record.phases {
      add(phases.dns)
      add(phases.connect)
      add(phases.tls)
      add(phases.firstByte)
    } else {
      add(word: nil)
    }
    add(record.status)
    if let failure = record.outcome.failure {
      add(failure.failureClass.rawValue)
      add(failure.curlCode)
      add(failure.detail)
    } else {
      add(word: nil)
    }
    add(record.certificateDays)
    if let request = record.request { add(request) } else { add(word: nil) }
  }

  mutating func add(_ item: Evidence) {
    add(item.stream)
    add(item.sequence)
    add(item.index)
    add(item.parts.count)
    for part in item.parts {
      add(part.kind)
      add(part.bytes)
    }
  }
}
