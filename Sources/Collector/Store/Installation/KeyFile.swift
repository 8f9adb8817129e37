import OpenSSL

#if canImport(Glibc)
  import Glibc
#endif

/// The file of the key-encryption key: what keeps the database's secrets from whoever holds only
/// the database. 64 hexadecimal digits and a line end, readable by its owner alone.
public enum KeyFile {
  /// Why there is no key; each in one sentence that says what to do.
  public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(path: String)
    case unreadable(path: String, reason: String)
    case readableByOthers(path: String)
    case malformed(path: String)
    case alreadyThere(path: String)
    case notWritten(path: String, reason: String)

    public var description: String {
      switch self {
      case .missing(let path):
        "there is no key file at \(path): restore it, or for a new installation make one with "
          + "`upblit-collector create-key --key-file \(path)`"
      case .unreadable(let path, let reason): "the key file \(path) can't be read: \(reason)"
      case .readableByOthers(let path):
        "the key file \(path) can be read by others: run `chmod 600 \(path)`"
      case .malformed(let path):
        "the key file \(path) does not hold 64 hexadecimal digits: restore it from its backup"
      case .alreadyThere(let path): "there is a key file at \(path) already: it is left as it is"
      case .notWritten(let path, let reason):
        "the key file \(path) can't be written: \(reason)"
      }
    }
  }

  /// Reads the key.
  public static func read(_ path: String) throws(Problem) -> SealingKey {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw .missing(path: path) }
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & 0o077 == 0 else { throw .readableByOthers(path: path) }
    var text = [UInt8](repeating: 0, count: 128)
    let count = Glibc.read(descriptor, &text, text.count)
    guard count >= 0 else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    let digits = text.prefix(count).filter { $0 > 0x20 }
    guard digits.count == 64, let bytes = decode(Array(digits)), let key = SealingKey(bytes) else {
      throw .malformed(path: path)
    }
    return key
  }

  /// Makes a new key and writes it to `path`, which must not exist.
  public static func create(_ path: String) throws -> SealingKey {
    let bytes = try randomBytes(SealingKey.byteCount)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      if errno == EEXIST { throw Problem.alreadyThere(path: path) }
      throw Problem.notWritten(path: path, reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    text.append(10)
    guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
      throw Problem.notWritten(path: path, reason: String(cString: strerror(errno)))
    }
    guard let key = SealingKey(bytes) else { throw Problem.malformed(path: path) }
    return key
  }

  private static func decode(_ digits: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count - 1, by: 2) {
      let pair = String(decoding: digits[index...index + 1], as: UTF8.self)
      guard pair.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }), let byte = UInt8(pair, radix: 16)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
