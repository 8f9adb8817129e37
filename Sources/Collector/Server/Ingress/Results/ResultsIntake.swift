import Model
import Store
import Wire

/// Turns a verified RESULTS body into what the writer stores, straight from the socket's bytes.
///
/// No object a record: each is decoded into one reused value and leaves as a COPY tuple. Only
/// failures' texts, rejects and what the quorum must hear of take memory of their own.
struct ResultsIntake: Sendable {
  var slots = SlotTable()
  let agentKey: Int32
  let region: String
  /// The agent's present start; findings of another are history.
  let boot: BootID

  /// Records further ahead of collector time than this are rejects.
  static let futureLimitMs: Int64 = 5 * 60_000
  /// Records older than this are rejects.
  static let ageLimitMs: Int64 = 7 * 86_400_000
  /// The most records that one batch may have, so that a place in it fits its column.
  static let recordLimit = Int(Int16.max)

  init(agentKey: Int32, region: String, boot: BootID) {
    self.agentKey = agentKey
    self.region = region
    self.boot = boot
  }

  /// The time, as a batch is judged by it.
  struct Clock: Sendable {
    /// Collector time, in milliseconds.
    var wallMs: Int64
    /// Agent time, in milliseconds, as far as is known.
    var agentMs: Int64
  }

  /// What became of a body.
  enum Taken {
    case content(IngestBatch.Content, rejected: Int)
    /// The slots of a batch that have no place, of which one at least must be asked for first;
    /// nothing was changed.
    case unknownSlots(Set<UInt64>)
    case malformed(WireError)
  }

  /// Takes a body apart. `body` must be verified and of this session's agent.
  mutating func take(_ body: ResultsBody, streamKey: Int64, at clock: Clock) -> Taken {
    do throws(WireError) {
      switch body.header.kind {
      case .records: return try takeRecords(body, streamKey: streamKey, at: clock)
      case .skip:
        var reader = ByteReader(body.content)
        let skip = try Skip(from: &reader)
        guard skip.first <= body.header.sequence else { throw .value }
        return .content(.skip(skip), rejected: 0)
      case .evidence: return .content(.evidence(try evidence(body)), rejected: 0)
      }
    } catch {
      return .malformed(error)
    }
  }

  private mutating func takeRecords(
    _ body: ResultsBody, streamKey: Int64, at clock: Clock
  ) throws(WireError) -> Taken {
    let header = body.header
    guard header.count <= Self.recordLimit else { throw .count }
    var encoder = ResultRowEncoder(
      streamKey: streamKey, sequence: Int64(clamping: header.sequence), agentKey: agentKey,
      rows: header.count)
    let isPresentBoot = header.boot == boot
    let latestMs = clock.wallMs &+ Self.futureLimitMs
    let earliestMs = clock.wallMs &- Self.ageLimitMs
    var side = Side()
    var reader = body.records
    var record = RawRecord()
    var index = 0
    do throws(WireError) {
      while try reader.next(&record) {
        defer { index &+= 1 }
        guard record.slot != 0 else { continue }
        guard let placeIndex = slots.index(of: record.slot) else {
          side.placeless.insert(record.slot)
          if slots.isKnownToBeUnknown(record.slot) {
            side.reject(index, "slot")
          } else {
            side.mustAsk = true
          }
          continue
        }
        guard record.isInRange else {
          side.reject(index, "range")
          continue
        }
        let (startedAtMs, overflow) = record.startedAtMs
          .addingReportingOverflow(header.clockOffsetMs)
        guard !overflow, startedAtMs <= latestMs else {
          side.reject(index, "future")
          continue
        }
        guard startedAtMs >= earliestMs else {
          side.reject(index, "age")
          continue
        }
        let place = slots.places[placeIndex]
        encoder.append(
          record, index: index, startedAtMs: startedAtMs, monitorKey: place.monitorKey,
          organizationID: place.organizationID)
        let hasText = record.flags & RecordFlag.failure != 0 && !record.detail.isEmpty
        // Evidence of an agent that does not say which record it is about finds it by this.
        let isChange = place.told.map { $0 != outcome(of: record) } ?? false
        if hasText || isChange {
          side.details.append(
            IngestBatch.Detail(
              monitorKey: place.monitorKey, organizationID: place.organizationID,
              startedAtMs: startedAtMs, index: Int16(truncatingIfNeeded: index),
              text: hasText ? reader.detail(of: record) : ""))
        }
        guard isPresentBoot, mustTell(record, place, at: clock) else { continue }
        side.undo.append((placeIndex, place.told))
        slots.setTold(outcome(of: record), at: placeIndex)
        side.observations.append(
          observation(
            record, place, startedAtMs: startedAtMs,
            detail: hasText ? reader.detail(of: record) : nil))
      }
    } catch {
      side.rollBack(&slots)
      throw error
    }
    guard !side.mustAsk else {
      side.rollBack(&slots)
      return .unknownSlots(side.placeless)
    }
    var results = IngestBatch.Results(rows: encoder.finish())
    results.rejects = side.rejects
    results.details = side.details
    results.observations = side.observations
    return .content(.results(results), rejected: side.rejects.count)
  }

  /// What a batch has beside its rows.
  private struct Side {
    var rejects: [IngestBatch.Reject] = []
    var details: [IngestBatch.Detail] = []
    var observations: [Store.Observation] = []
    var placeless: Set<UInt64> = []
    var mustAsk = false
    var undo: [(index: Int, told: ResultOutcome?)] = []

    mutating func reject(_ index: Int, _ reason: String) {
      rejects.append(
        IngestBatch.Reject(index: Int16(truncatingIfNeeded: index), reason: reason))
    }

    func rollBack(_ slots: inout SlotTable) {
      for change in undo.reversed() { slots.setTold(change.told, at: change.index) }
    }
  }

  /// Whether the quorum must hear of a finding: it answers a question, or it is fresh, of a slot
  /// that the agent holds, and other than the last that was told.
  @inline(__always)
  private func mustTell(
    _ record: RawRecord, _ place: SlotTable.Place, at clock: Clock
  ) -> Bool {
    if record.request != .zero { return true }
    guard place.isHeld else { return false }
    guard place.told != outcome(of: record) else { return false }
    let (age, overflow) = clock.agentMs.subtractingReportingOverflow(record.startedAtMs)
    return !overflow && age <= place.freshMs
  }

  @inline(__always)
  private func outcome(of record: RawRecord) -> ResultOutcome {
    ResultOutcome(flags: record.flags, failureClass: record.failureClass)
  }

  private func observation(
    _ record: RawRecord, _ place: SlotTable.Place, startedAtMs: Int64, detail: String?
  ) -> Store.Observation {
    var observation = Store.Observation(
      monitorKey: place.monitorKey, organizationID: place.organizationID, region: region,
      epoch: place.epoch, outcome: outcome(of: record),
      totalUs: Int32(clamping: record.total &* 100), startedAtMs: startedAtMs,
      observedMs: record.startedAtMs)
    if record.flags & RecordFlag.failure != 0 {
      observation.reason = record.reasonNumber
      observation.curlCode = Int16(record.curlCode)
    }
    if record.flags & RecordFlag.status != 0 { observation.status = Int16(clamping: record.status) }
    if record.flags & RecordFlag.phases != 0 {
      observation.dnsUs = Int32(clamping: record.dns &* 100)
      observation.connectUs = Int32(clamping: record.connect &* 100)
      observation.tlsUs = Int32(clamping: record.tls &* 100)
      observation.firstByteUs = Int32(clamping: record.firstByte &* 100)
    }
    observation.detail = detail
    observation.address = record.address?.description
    if record.request != .zero { observation.request = record.request }
    return observation
  }

  private func evidence(_ body: ResultsBody) throws(WireError) -> [IngestBatch.EvidencePart] {
    var parts: [IngestBatch.EvidencePart] = []
    for item in try Evidence.items(of: body) {
      guard item.sequence <= UInt64(Int64.max), let index = Int32(exactly: item.index) else {
        throw .value
      }
      let record = item.parts.lazy.compactMap { EvidenceRecord($0) }.first
      for part in item.parts where part.kind != Wire.Evidence.PartKind.record.rawValue {
        parts.append(
          IngestBatch.EvidencePart(
            stream: item.stream, sequence: Int64(item.sequence), index: index,
            kind: Int16(part.kind), content: part.bytes, record: record))
      }
    }
    return parts
  }
}
