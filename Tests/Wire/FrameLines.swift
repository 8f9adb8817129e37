import Glibc

/// The lines that the independent sender writes: one frame of the wire each, and what it means.
///
/// The sender is a Python program beside this file; nothing of the Swift sources is in it.
final class FrameLines {
  private let stream: UnsafeMutablePointer<FILE>
  private var line: UnsafeMutablePointer<CChar>?
  private var capacity = 0

  /// Starts the sender; `nil` where there is no Python.
  init?(count: Int, seed: Int) {
    let folder = String(#filePath.dropLast("FrameLines.swift".count))
    let command =
      "exec /usr/bin/python3 '\(folder)independent_sender.py' frames --count \(count) --seed \(seed)"
    guard let stream = popen(command, "r") else { return nil }
    self.stream = stream
  }

  /// The next line's words, or `nil` after the last.
  func next() -> [Substring]? {
    let count = getline(&line, &capacity, stream)
    guard count > 0, let line else { return nil }
    let bytes = UnsafeRawBufferPointer(start: line, count: count - 1)
    return String(decoding: bytes, as: UTF8.self)
      .split(separator: " ", omittingEmptySubsequences: false)
  }

  /// Waits for the sender to end: its exit status, 0 if all went well.
  func finish() -> Int32 {
    free(line)
    line = nil
    return pclose(stream)
  }
}

/// The bytes that a text of hexadecimal digits stands for.
func bytes(_ digits: Substring) -> [UInt8]? {
  let digits = Array(digits.utf8)
  guard digits.count.isMultiple(of: 2) else { return nil }
  func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(digits.count / 2)
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
    bytes.append(high << 4 | low)
  }
  return bytes
}
