import AgentCore
import Linux
import Model
import OpenSSL
import Signing
import Wire

/// The one folder that an agent keeps everything in.
///
/// ```
/// identity     who it is, with its secret key       pins        the collectors' keys
/// assignment   what it probes, and its lease         status      how it is doing, for `status`
/// enrolment    an enrolment that has no answer yet   lock        held by the agent that runs
/// spool/       results that are not acked
/// ```
public struct StateFolder: Sendable {
  public let path: String

  /// Takes a folder that is there, belongs to this user and is closed to others; or makes it.
  public init(_ path: String, makes: Bool) throws(StateError) {
    self.path = path
    do {
      if makes { try Files.makeFolder(path) }
      guard let status = try Files.status(of: path) else { throw StateError.missing(path) }
      guard status.isFolder else { throw StateError.notAFolder(path) }
      guard status.owner == Files.user else {
        throw StateError.foreign(path, owner: status.owner, user: Files.user)
      }
      guard status.mode & 0o077 == 0 else { throw StateError.open(path, mode: status.mode) }
    } catch let error as StateError {
      throw error
    } catch { throw .system("\(error)") }
  }

  public var spoolPath: String { path + "/spool" }
  public var journalPath: String { path + "/spool/journal" }
  var statusPath: String { path + "/status" }

  /// Takes the folder for this process alone; keep the file for as long as it is needed.
  public func lock() throws(StateError) -> OpenFile {
    do {
      let file = try OpenFile(path + "/lock", .inPlace)
      guard try file.lock() else { throw StateError.taken(path) }
      return file
    } catch let error as StateError {
      throw error
    } catch { throw .system("\(error)") }
  }

  /// Whether an agent runs on this folder.
  public var isInUse: Bool {
    guard let file = try? OpenFile(path + "/lock", .readOnly) else { return false }
    return (try? file.lock()) == false
  }

  // MARK: Identity and pins

  public func identity() throws(StateError) -> Identity {
    guard let text = try text("identity") else { throw .notEnrolled(path) }
    guard let identity = Identity(text: text) else { throw .damaged(path + "/identity") }
    return identity
  }

  public func save(_ identity: Identity) throws(StateError) {
    try replace("identity", Array(identity.text.utf8))
  }

  public func pins() throws(StateError) -> [Pin] {
    guard let text = try text("pins") else { return [] }
    let pins = text.split(separator: "\n").map { Pin(String($0)) }
    guard !pins.contains(nil) else { throw .damaged(path + "/pins") }
    return pins.compactMap { $0 }
  }

  public func save(_ pins: [Pin]) throws(StateError) {
    try replace("pins", Array(pins.map { "\($0)\n" }.joined().utf8))
  }

  // MARK: Assignment

  private static let assignmentMagic = Array("UPBASG1\n".utf8)

  /// The stored assignment and the wall time (ms) at which its lease ends; `nil` where there is none
  /// that can be read and is this agent's.
  func assignment(of agent: AgentID) -> (table: AssignmentTable, leaseEndsMs: Int64)? {
    guard let bytes = try? Files.read(path + "/assignment"), bytes.count >= 8 + 16 + 8 + 32,
      let digest = try? SHA256.digest(Array(bytes.dropLast(32))),
      bytes.suffix(32).elementsEqual(digest),
      bytes.starts(with: Self.assignmentMagic + agent.bytes)
    else { return nil }
    let lease = bytes[24..<32].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    var table = AssignmentTable()
    let body = Array(bytes[32...].dropLast(32))
    guard (try? body.withUnsafeBytes({ try table.takeFull($0) })) == .applied else { return nil }
    return (table, Int64(clamping: lease))
  }

  func save(
    _ table: AssignmentTable, of agent: AgentID, leaseEndsMs: Int64
  ) throws(StateError) {
    var writer = ByteWriter()
    writer.raw(Self.assignmentMagic)
    writer.identifier(agent)
    writer.milliseconds(leaseEndsMs)
    writer.raw(table.encoded())
    let digest: [UInt8]
    do { digest = try SHA256.digest(writer.bytes) } catch { throw .system("\(error)") }
    try replace("assignment", writer.bytes + digest)
  }

  /// Forgets the stored assignment.
  func removeAssignment() { remove("assignment") }

  // MARK: Plain files

  func text(_ name: String) throws(StateError) -> String? {
    do {
      guard let bytes = try Files.read(path + "/" + name, limit: 1 << 20) else { return nil }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw StateError.damaged(path + "/" + name)
      }
      return text
    } catch let error as StateError {
      throw error
    } catch { throw .system("\(error)") }
  }

  func replace(_ name: String, _ bytes: [UInt8]) throws(StateError) {
    do { try Files.replace(path + "/" + name, with: bytes) } catch { throw .system("\(error)") }
  }

  func remove(_ name: String) {
    try? Files.remove(path + "/" + name)
  }

  /// What the running agent last said of itself, as `key = value` lines; `nil` if it never did.
  public func status() throws(StateError) -> String? { try text("status") }
}

/// What is wrong with the state folder, as one sentence that says what to do.
public enum StateError: Error, Equatable, Sendable, CustomStringConvertible {
  case missing(String)
  case notAFolder(String)
  case foreign(String, owner: UInt32, user: UInt32)
  case open(String, mode: UInt32)
  case taken(String)
  case notEnrolled(String)
  case damaged(String)
  case system(String)

  public var description: String {
    switch self {
    case .missing(let path):
      "the state folder \(path) is not there: enrol first, or name another by --state-folder"
    case .notAFolder(let path): "the state folder \(path) is not a folder"
    case .foreign(let path, let owner, let user):
      "the state folder \(path) belongs to user \(owner), but this is user \(user): run the agent "
        + "as its owner, or chown it"
    case .open(let path, let mode):
      "the state folder \(path) holds a secret key but is open to other users (mode "
        + "\(String(mode, radix: 8))): chmod 700 \(path)"
    case .taken(let path):
      "another upblit-agent runs on the state folder \(path): stop it, or name another folder by "
        + "--state-folder"
    case .notEnrolled(let path):
      "this agent is not enrolled (no \(path)/identity): run upblit-agent enroll with a token"
    case .damaged(let path):
      "\(path) is damaged: bring it back from a backup, or remove it and enrol again"
    case .system(let reason): reason
    }
  }
}
