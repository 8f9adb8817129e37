import CLinux

/// Files and folders by their paths, each call as the kernel has it.
public enum Files {
  /// Reads a whole file.
  ///
  /// - Returns: `nil` where there is none.
  /// - Throws: also `EFBIG`, for a file of more than `limit` bytes.
  public static func read(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> [UInt8]? {
    let file: OpenFile
    do {
      file = try OpenFile(path, .readOnly)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
    let size = try file.size()
    guard size <= limit else { throw SystemError("read \(path)", code: EFBIG) }
    return try file.read(at: 0, count: size)
  }

  /// Puts `bytes` at `path` so that a crash leaves either the old file or the new one, whole.
  public static func replace(
    _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600
  ) throws(SystemError) {
    let temporary = path + ".new"
    do {
      let file = try OpenFile(temporary, .truncated, mode: mode)
      try file.append(bytes)
      try file.sync()
    }
    try rename(temporary, to: path)
    try syncFolder(folder(of: path))
  }

  /// Puts `bytes` at `path` so that a reader sees either the old file or the new one; a power cut may
  /// take both.
  public static func overwrite(
    _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600
  ) throws(SystemError) {
    let temporary = path + ".new"
    do {
      let file = try OpenFile(temporary, .truncated, mode: mode)
      try file.append(bytes)
    }
    try rename(temporary, to: path)
  }

  /// Renames, over what may stand there.
  public static func rename(_ path: String, to other: String) throws(SystemError) {
    guard CLinux.rename(path, other) == 0 else {
      throw SystemError("rename \(path) to \(other)", code: up_errno())
    }
  }

  /// Removes a file; it is no error if there is none.
  public static func remove(_ path: String) throws(SystemError) {
    guard unlink(path) == 0 || up_errno() == ENOENT else {
      throw SystemError("remove \(path)", code: up_errno())
    }
  }

  /// Removes an empty folder; it is no error if there is none.
  public static func removeFolder(_ path: String) throws(SystemError) {
    guard rmdir(path) == 0 || up_errno() == ENOENT else {
      throw SystemError("remove \(path)", code: up_errno())
    }
  }

  /// Makes a folder, and those above it; it is no error if it is there.
  public static func makeFolder(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
    if mkdir(path, mode) == 0 { return }
    let code = up_errno()
    if code == EEXIST { return }
    let parent = folder(of: path)
    guard code == ENOENT, parent != path else { throw SystemError("make \(path)", code: code) }
    try makeFolder(parent, mode: 0o755)
    guard mkdir(path, mode) == 0 || up_errno() == EEXIST else {
      throw SystemError("make \(path)", code: up_errno())
    }
  }

  /// The names in a folder, sorted, without `.` and `..`.
  public static func names(in path: String) throws(SystemError) -> [String] {
    guard let folder = opendir(path) else {
      throw SystemError("list \(path)", code: up_errno())
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes what was created, renamed or removed in a folder survive a power cut.
  public static func syncFolder(_ path: String) throws(SystemError) {
    let descriptor = up_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard descriptor >= 0 else { throw SystemError("open \(path)", code: up_errno()) }
    let folder = Descriptor(owning: descriptor)
    guard fsync(folder.raw) == 0 else { throw SystemError("sync \(path)", code: up_errno()) }
  }

  /// The folder that a path lies in.
  public static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// What stands at a path.
  public struct Status: Equatable, Sendable {
    public var isFolder: Bool
    public var owner: UInt32
    /// The permission bits alone.
    public var mode: UInt32
    public var size: Int
    /// When it was last written, in seconds since 1970.
    public var modified: Int
  }

  /// Looks at a path; `nil` where there is nothing.
  public static func status(of path: String) throws(SystemError) -> Status? {
    var found = stat()
    guard stat(path, &found) == 0 else {
      if up_errno() == ENOENT { return nil }
      throw SystemError("look at \(path)", code: up_errno())
    }
    return Status(
      isFolder: Int32(found.st_mode) & S_IFMT == S_IFDIR, owner: found.st_uid,
      mode: found.st_mode & 0o7777, size: Int(found.st_size), modified: found.st_mtim.tv_sec)
  }

  /// The room on the file system that holds a path: for this user, and in all.
  public static func space(at path: String) throws(SystemError) -> (freeBytes: Int, allBytes: Int) {
    var found = statvfs()
    guard statvfs(path, &found) == 0 else {
      throw SystemError("look at the file system of \(path)", code: up_errno())
    }
    return (Int(found.f_bavail) * Int(found.f_frsize), Int(found.f_blocks) * Int(found.f_frsize))
  }

  /// The user that this process acts as.
  public static var user: UInt32 { geteuid() }
}

/// An open file; closed when it goes away.
public struct OpenFile: ~Copyable, Sendable {
  /// What a file is opened for.
  public enum Purpose: Sendable {
    /// It must be there.
    case readOnly
    /// Made if it is not there; every write goes to its end.
    case appending
    /// Made if it is not there, emptied if it is.
    case truncated
    /// Made if it is not there, read and written in place.
    case inPlace

    fileprivate var flags: Int32 {
      switch self {
      case .readOnly: O_RDONLY
      case .appending: O_RDWR | O_CREAT | O_APPEND
      case .truncated: O_RDWR | O_CREAT | O_TRUNC
      case .inPlace: O_RDWR | O_CREAT
      }
    }
  }

  public let path: String
  private let descriptor: Descriptor

  public init(_ path: String, _ purpose: Purpose, mode: UInt32 = 0o600) throws(SystemError) {
    let raw = up_open(path, purpose.flags | O_CLOEXEC | O_NOFOLLOW, mode)
    guard raw >= 0 else { throw SystemError("open \(path)", code: up_errno()) }
    self.path = path
    descriptor = Descriptor(owning: raw)
  }

  /// The number, valid for as long as this value lives.
  public var raw: Int32 { descriptor.raw }

  /// Bytes in the file.
  public func size() throws(SystemError) -> Int {
    var found = stat()
    guard fstat(raw, &found) == 0 else { throw failure("look at") }
    return Int(found.st_size)
  }

  /// Reads `count` bytes, or as many as there are.
  public func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let part = pread(raw, base + filled, count - filled, offset + filled)
        if part < 0, up_errno() == EINTR { continue }
        if part < 0 { code = up_errno() }
        if part <= 0 { break }
        filled += part
      }
    }
    guard code == 0 else { throw SystemError("read \(path)", code: code) }
    return bytes
  }

  /// Writes all bytes where the file stands; at its end if it was opened for appending.
  public func append(_ bytes: [UInt8]) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let part = bytes.withUnsafeBytes { view in
        view.baseAddress.map { write(raw, $0 + done, bytes.count - done) } ?? 0
      }
      if part < 0, up_errno() == EINTR { continue }
      guard part > 0 else {
        throw part < 0 ? failure("write") : SystemError("write \(path)", code: EIO)
      }
      done += part
    }
  }

  /// Waits until the bytes and the size are on the disk (fdatasync). After an error nothing is known
  /// of what was written before; to call it again says nothing.
  public func sync() throws(SystemError) {
    guard fdatasync(raw) == 0 else { throw failure("sync") }
  }

  /// Cuts or extends the file to so many bytes.
  public func truncate(to size: Int) throws(SystemError) {
    guard ftruncate(raw, size) == 0 else { throw failure("truncate") }
  }

  /// Takes the one lock that a file has, for as long as this value lives.
  ///
  /// - Returns: whether it was free.
  public func lock() throws(SystemError) -> Bool {
    if flock(raw, LOCK_EX | LOCK_NB) == 0 { return true }
    guard up_errno() == EWOULDBLOCK else { throw failure("lock") }
    return false
  }

  private func failure(_ call: String) -> SystemError {
    let code = up_errno()
    return SystemError("\(call) \(path)", code: code)
  }
}

/// A file's bytes as memory that is shared with the file: what is stored there survives the end of
/// this process, however it ends, without a system call.
public final class MappedFile: @unchecked Sendable {
  /// The memory; whoever uses it from several threads must see to their order. That is the proof that
  /// `@unchecked` asks for: this class itself never changes.
  public let bytes: UnsafeMutableRawBufferPointer

  /// Maps `size` bytes of the file, which is made or extended where need be; new bytes are zero.
  ///
  /// - Parameter reserving: whether the disk's room for all bytes is taken now. Where it is not, a
  ///   store to a page that has no room yet ends the process on a full disk.
  /// - Throws: also `ENOSPC`, where there is no room; the file then stands as far as it was extended.
  public init(_ path: String, size: Int, reserving: Bool = true) throws(SystemError) {
    let file = try OpenFile(path, .inPlace)
    if try file.size() != size { try file.truncate(to: size) }
    if reserving {
      var code: Int32
      repeat { code = posix_fallocate(file.raw, 0, size) } while code == EINTR
      guard code == 0 else { throw SystemError("reserve \(path)", code: code) }
    }
    guard let base = up_map_shared(file.raw, size) else {
      throw SystemError("map \(path)", code: up_errno())
    }
    bytes = UnsafeMutableRawBufferPointer(start: base, count: size)
  }

  /// Memory that no file stands behind: it ends with this process.
  public init(anonymousBytes size: Int) throws(SystemError) {
    guard let base = up_map_anonymous(size) else {
      throw SystemError("map memory", code: up_errno())
    }
    bytes = UnsafeMutableRawBufferPointer(start: base, count: size)
  }

  deinit {
    munmap(bytes.baseAddress, bytes.count)
  }
}
