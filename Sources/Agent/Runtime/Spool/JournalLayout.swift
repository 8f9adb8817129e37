import Linux
import Model
import Synchronization
import Wire

/// The journal's bytes, in the machine's own order of bytes: it never leaves the machine.
///
/// ```
/// offset   size        what
///      0   4096        header: magic 8, boot 16, recovery stream 16, stamp 32,
///                    agent 16, recovery stream done through 8
///   4096   16384 x 24  probes that run: slot 8, start 8, 1 while it runs 8
/// 397312   2 x (4096 + 4 MiB)  halves: a page of header, then records
///
/// half header: sealed 8, used 8, stream 16, first sequence 8, stamp 32,
///              dropped 8, dropped from 8, dropped to 8, done through 8
/// stamp:       clock offset 8, clock error 8, assignment revision 8, key id 8
/// record:      length 4, CRC-32C 4, a record as the wire has it, its start counted from 0
/// ```
struct JournalLayout {
  static let magic: UInt64 = 0x3230_4e52_4a42_5055
  static let agentOffset = 72
  static let restDoneOffset = 88
  static let pageBytes = 4096
  static let runningCapacity = 16384
  static let runningBytes = 24
  static let halvesOffset = pageBytes + runningCapacity * runningBytes
  static let halfCapacity = 4 << 20
  static let halfBytes = pageBytes + halfCapacity
  static let fileBytes = halvesOffset + 2 * halfBytes

  /// The memory of the whole file, which lives at least as long as this value.
  let bytes: UnsafeMutableRawBufferPointer

  subscript(offset: Int) -> UInt64 {
    get { bytes.load(fromByteOffset: offset, as: UInt64.self) }
    nonmutating set { bytes.storeBytes(of: newValue, toByteOffset: offset, as: UInt64.self) }
  }

  func identifier<Kind>(at offset: Int, of kind: Identifier<Kind>.Type) -> Identifier<Kind> {
    Identifier(high: self[offset], low: self[offset + 8])
  }

  func set(_ identifier: Identifier<some Any>, at offset: Int) {
    self[offset] = identifier.high
    self[offset + 8] = identifier.low
  }

  func stamp(at offset: Int, boot: BootID) -> BatchStamp {
    BatchStamp(
      boot: boot, keyID: UInt32(truncatingIfNeeded: self[offset + 24]),
      clockOffsetMs: Int64(bitPattern: self[offset]), clockErrorMs: self[offset + 8],
      assignmentRevision: self[offset + 16])
  }

  func set(_ stamp: BatchStamp, at offset: Int) {
    self[offset] = UInt64(bitPattern: stamp.clockOffsetMs)
    self[offset + 8] = stamp.clockErrorMs
    self[offset + 16] = stamp.assignmentRevision
    self[offset + 24] = UInt64(stamp.keyID)
  }

  /// The header of one half.
  struct Half {
    let layout: JournalLayout
    let start: Int

    var isSealed: Bool {
      get { layout[start] == 1 }
      nonmutating set { layout[start] = newValue ? 1 : 0 }
    }
    /// Bytes of records; set after the bytes themselves.
    var used: Int {
      get { Int(clamping: min(layout[start + 8], UInt64(JournalLayout.halfCapacity))) }
      nonmutating set {
        atomicMemoryFence(ordering: .releasing)
        layout[start + 8] = UInt64(newValue)
      }
    }
    var stream: StreamID {
      get { layout.identifier(at: start + 16, of: StreamID.self) }
      nonmutating set { layout.set(newValue, at: start + 16) }
    }
    var sequence: UInt64 {
      get { layout[start + 32] }
      nonmutating set { layout[start + 32] = newValue }
    }
    var stampOffset: Int { start + 40 }
    var dropped: UInt64 {
      get { layout[start + 72] }
      nonmutating set { layout[start + 72] = newValue }
    }
    var droppedFromMs: Int64 {
      get { Int64(bitPattern: layout[start + 80]) }
      nonmutating set { layout[start + 80] = UInt64(bitPattern: newValue) }
    }
    var droppedToMs: Int64 {
      get { Int64(bitPattern: layout[start + 88]) }
      nonmutating set { layout[start + 88] = UInt64(bitPattern: newValue) }
    }
    var doneThrough: UInt64 {
      get { layout[start + 96] }
      nonmutating set { layout[start + 96] = newValue }
    }
    var recordsOffset: Int { start + JournalLayout.pageBytes }
    var isEmpty: Bool { used == 0 && dropped == 0 }

    /// Whether what the half is sealed as can name batches.
    var hasPlausibleName: Bool {
      stream != .zero && (1...UInt64(Int64.max / 2)).contains(sequence)
    }

    /// Empties the half; the seal goes last, so that a crash on the way leaves it sealed and empty.
    func clear() {
      used = 0
      dropped = 0
      atomicMemoryFence(ordering: .releasing)
      isSealed = false
    }

    /// Appends a record; `false` where it does not fit.
    func append(_ record: [UInt8]) -> Bool {
      let used = used
      guard used + 8 + record.count <= JournalLayout.halfCapacity else { return false }
      let place = UnsafeMutableRawBufferPointer(
        rebasing: layout.bytes[recordsOffset + used..<recordsOffset + used + 8 + record.count])
      place.storeBytes(of: UInt32(record.count), as: UInt32.self)
      place.storeBytes(
        of: record.withUnsafeBytes { CRC32C.checksum($0) }, toByteOffset: 4, as: UInt32.self)
      UnsafeMutableRawBufferPointer(rebasing: place[8...]).copyBytes(from: record)
      self.used = used + 8 + record.count
      return true
    }

    /// The records; those after the first damaged one are lost.
    func records() -> [ProbeRecord] {
      var records: [ProbeRecord] = []
      var offset = recordsOffset
      let end = recordsOffset + used
      while end - offset >= 8 {
        let count = Int(layout.bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let expected = layout.bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        guard count <= end - offset - 8 else { break }
        let view = UnsafeRawBufferPointer(
          rebasing: layout.bytes[offset + 8..<offset + 8 + count])
        guard CRC32C.checksum(view) == expected, let record = Self.decode(view) else { break }
        records.append(record)
        offset += 8 + count
      }
      return records
    }

    private static func decode(_ view: UnsafeRawBufferPointer) -> ProbeRecord? {
      var reader = RecordReader(view, count: 1, baseMs: 0)
      var raw = RawRecord()
      guard (try? reader.next(&raw)) == true else { return nil }
      return reader.value(of: raw)
    }
  }

  /// Makes a journal of what stood there that holds nothing; the magic number goes first.
  func clear() {
    self[0] = 0
    atomicMemoryFence(ordering: .releasing)
    for range in [0..<Self.halvesOffset] + [half(0), half(1)].map({ $0.start..<$0.recordsOffset }) {
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[range])
      part.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  func half(_ index: Int) -> Half {
    Half(layout: self, start: Self.halvesOffset + index * Self.halfBytes)
  }

  static func runningOffset(_ index: Int) -> Int { pageBytes + index * runningBytes }
}
