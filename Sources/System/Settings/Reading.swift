import Glibc

/// Reads what the settings come from; everything else in this module is pure.
public enum SettingsSource {
  /// The variables of this process.
  public static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
    while let text = entry.pointee {
      let pair = String(cString: text).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
      entry += 1
    }
    return variables
  }

  /// The settings file at `path`.
  ///
  /// - Returns: `nil` where there is none and `isOptional` holds.
  /// - Throws: one problem that names the file and what the system said.
  public static func file(
    at path: String, isOptional: Bool
  ) throws(SettingsError) -> SettingsTable.File? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if isOptional, errno == ENOENT { return nil }
      throw problem(path, String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw problem(path, String(cString: strerror(errno))) }
      if count == 0 { break }
      bytes += part[..<count]
      guard bytes.count <= 1 << 20 else { throw problem(path, "larger than 1 MiB") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw problem(path, "not UTF-8")
    }
    return SettingsTable.File(name: path, text: text)
  }

  private static func problem(_ path: String, _ reason: String) -> SettingsError {
    SettingsError([
      SettingsProblem(place: path, message: "can't be read as a settings file: \(reason)")
    ])
  }
}
