import ArgumentParser
import Glibc
import UpblitClient

/// How a list is taken out whole.
struct ExportOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case csv, ndjson

    var type: String { self == .csv ? "text/csv" : "application/x-ndjson" }
  }

  @Option(help: "csv or ndjson.")
  var format: Format = .csv

  @Option(
    help: ArgumentHelp(
      "Where to write it, whole or not at all. Default: standard output.", valueName: "file"))
  var to: String?

  @Option(help: "From this time on: a span before now such as 30d, or a time (RFC 3339).")
  var since: String?

  @Option(help: "Before this time, likewise.")
  var until: String?

  @OptionGroup(title: "Collector") var connection: ConnectionOptions

  @Flag(name: .shortAndLong, help: "Print no advice.")
  var quiet = false

  /// Takes the list at `path` out, piece by piece, however long it is.
  func run(
    _ path: String, _ query: (Session) async throws(CLIError) -> [(String, String?)]
  ) async throws {
    try await reporting(noColor: false, isQuiet: quiet) { () async throws(CLIError) in
      let client = try connection.client()
      let query =
        [
          ("since", try TimeWords.moment(since, flag: "--since")),
          ("until", try TimeWords.moment(until, flag: "--until")),
        ] + (try await query(client))
      let stream = try await client.ask { (client) async throws(APIError) in
        try await client.stream("\(path).\(format.rawValue)", query, accept: format.type)
      }
      let target = try ExportTarget(to)
      var pieces = stream.makeAsyncIterator()
      while let piece = try await client.ask({ (_) async throws(APIError) in
        try await pieces.next()
      }) {
        try target.write(piece)
      }
      try target.finish()
      if let to { Console.note("Wrote \(DisplayText.escaped(to)).") }
    }
  }
}

/// Where an export goes: standard output, or a file that is there only once it is whole.
final class ExportTarget {
  private let path: String?
  /// Where it is written until it is whole: nobody else's file, and no link to one.
  private let part: String
  private var descriptor: Int32 = 1
  private var isFinished = false
  /// What a terminal was not shown yet: the beginning of a line.
  private var line: [UInt8] = []

  init(_ path: String?) throws(CLIError) {
    self.path = path
    part = (path ?? "") + ".part-\(UInt32.random(in: 0 ... .max))"
    guard let path else { return }
    descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CLIError(
        .failure, "cannot write \(DisplayText.escaped(path)): \(SystemText.lastError)")
    }
  }

  deinit {
    guard path != nil else { return }
    if descriptor >= 0 { close(descriptor) }
    if !isFinished { unlink(part) }
  }

  func write(_ bytes: [UInt8]) throws(CLIError) {
    guard path == nil, Console.isTerminal else { return try put(bytes) }
    // A terminal is shown whole lines, without what could move its cursor.
    line += bytes
    guard let end = line.lastIndex(of: 10) else { return }
    let lines = line[...end].split(separator: 10, omittingEmptySubsequences: false).dropLast()
    for line in lines {
      Console.out(DisplayText.escaped(String(decoding: line, as: UTF8.self)) + "\n")
    }
    line.removeSubrange(...end)
  }

  func finish() throws(CLIError) {
    if !line.isEmpty {
      Console.out(DisplayText.escaped(String(decoding: line, as: UTF8.self)) + "\n")
    }
    guard let path else { return }
    guard fsync(descriptor) == 0, rename(part, path) == 0 else {
      throw CLIError(
        .failure, "cannot write \(DisplayText.escaped(path)): \(SystemText.lastError)")
    }
    isFinished = true
  }

  private func put(_ bytes: [UInt8]) throws(CLIError) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw CLIError(
          .failure,
          "cannot write \(DisplayText.escaped(path ?? "standard output")): \(SystemText.lastError)")
      }
      sent += count
    }
  }
}
