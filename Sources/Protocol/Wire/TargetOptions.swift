import Model

/// The options of one target, as they came.
struct TargetOptions {
  private var values: [UInt64: [UInt8]] = [:]
  /// A key below the skippable ones that is not known; the lowest where there are several.
  private(set) var unknownKey: UInt64?

  init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    var reader = ByteReader(bytes)
    let count = try reader.count(minimumBytes: 2)
    var last: UInt64?
    for _ in 0..<count {
      let key = try reader.varint()
      if let last, key <= last { throw .value }
      last = key
      let value = Array(try reader.lengthPrefixed())
      if TargetCodec.Option(rawValue: key) != nil {
        values[key] = value
      } else if key < TargetCodec.firstSkippableKey, unknownKey == nil {
        unknownKey = key
      }
    }
  }

  func number(_ option: TargetCodec.Option) throws(WireError) -> UInt32? {
    guard let bytes = values[option.rawValue] else { return nil }
    return try read(bytes) { reader throws(WireError) in try reader.varint32() }
  }

  func text(_ option: TargetCodec.Option) throws(WireError) -> String? {
    guard let bytes = values[option.rawValue] else { return nil }
    guard bytes.count <= TargetCodec.textLimit else { throw .text }
    return try withRawBytes(of: bytes) { view throws(WireError) in try ByteReader.string(view) }
  }

  func bytes(_ option: TargetCodec.Option) -> [UInt8] {
    values[option.rawValue] ?? []
  }

  func texts(_ option: TargetCodec.Option) throws(WireError) -> [String] {
    guard let bytes = values[option.rawValue] else { return [] }
    return try read(bytes) { reader throws(WireError) in
      var texts: [String] = []
      for _ in 0..<(try reader.count(minimumBytes: 1)) {
        texts.append(try reader.string(limit: TargetCodec.textLimit))
      }
      return texts
    }
  }

  func pairs(_ option: TargetCodec.Option) throws(WireError) -> [(String, String)] {
    guard let bytes = values[option.rawValue] else { return [] }
    return try read(bytes) { reader throws(WireError) in
      var pairs: [(String, String)] = []
      for _ in 0..<(try reader.count(minimumBytes: 2)) {
        let first = try reader.string(limit: TargetCodec.textLimit)
        pairs.append((first, try reader.string(limit: TargetCodec.textLimit)))
      }
      return pairs
    }
  }

  func ranges(_ option: TargetCodec.Option) throws(WireError) -> [ClosedRange<UInt16>]? {
    guard let bytes = values[option.rawValue] else { return nil }
    return try read(bytes) { reader throws(WireError) in
      var ranges: [ClosedRange<UInt16>] = []
      for _ in 0..<(try reader.count(minimumBytes: 2)) {
        guard let low = UInt16(exactly: try reader.varint()),
          let high = UInt16(exactly: try reader.varint()), low <= high
        else { throw .value }
        ranges.append(low...high)
      }
      return ranges
    }
  }

  func family() throws(WireError) -> AddressFamily {
    guard let number = UInt8(exactly: try number(.family) ?? 0),
      let family = AddressFamily(rawValue: number)
    else { throw .value }
    return family
  }

  /// Reads an option of several fields, where it is there; bytes behind them are left.
  func group(
    _ option: TargetCodec.Option, _ body: (inout ByteReader) throws(WireError) -> Void
  ) throws(WireError) {
    guard let bytes = values[option.rawValue] else { return }
    try read(bytes, body)
  }

  private func read<Value>(
    _ bytes: [UInt8], _ body: (inout ByteReader) throws(WireError) -> Value
  ) throws(WireError) -> Value {
    try withRawBytes(of: bytes) { view throws(WireError) in
      var reader = ByteReader(view)
      return try body(&reader)
    }
  }
}

/// Collects the options of one target. Calls must come in ascending order of the keys.
struct TargetOptionsWriter {
  private var count = 0
  private var entries = ByteWriter()

  mutating func bytes(_ option: TargetCodec.Option, _ value: [UInt8]) {
    guard !value.isEmpty else { return }
    append(option, value)
  }

  mutating func text(_ option: TargetCodec.Option, _ value: String) {
    append(option, Array(value.utf8))
  }

  mutating func number(_ option: TargetCodec.Option, _ value: UInt32?, unless usual: UInt32? = nil)
  {
    guard let value, value != usual else { return }
    var writer = ByteWriter()
    writer.varint(value)
    append(option, writer.bytes)
  }

  mutating func texts(_ option: TargetCodec.Option, _ values: [String]) {
    guard !values.isEmpty else { return }
    var writer = ByteWriter()
    writer.count(values.count)
    for value in values { writer.string(value, limit: TargetCodec.textLimit) }
    append(option, writer.bytes)
  }

  mutating func pairs(_ option: TargetCodec.Option, _ values: [(String, String)]) {
    guard !values.isEmpty else { return }
    var writer = ByteWriter()
    writer.count(values.count)
    for (first, second) in values {
      writer.string(first, limit: TargetCodec.textLimit)
      writer.string(second, limit: TargetCodec.textLimit)
    }
    append(option, writer.bytes)
  }

  mutating func ranges(_ option: TargetCodec.Option, _ values: [ClosedRange<UInt16>]) {
    var writer = ByteWriter()
    writer.count(values.count)
    for value in values {
      writer.varint(value.lowerBound)
      writer.varint(value.upperBound)
    }
    append(option, writer.bytes)
  }

  /// Writes an option of several fields.
  mutating func group(_ option: TargetCodec.Option, _ body: (inout ByteWriter) -> Void) {
    var writer = ByteWriter()
    body(&writer)
    append(option, writer.bytes)
  }

  private mutating func append(_ option: TargetCodec.Option, _ value: [UInt8]) {
    count += 1
    entries.varint(option.rawValue)
    entries.lengthPrefixed(value)
  }

  /// The options' bytes, their count first.
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.count(count)
    writer.raw(entries.bytes)
    return writer.bytes
  }
}
