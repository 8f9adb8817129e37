import Foundation
import Testing

/// Walls that the compiler does not keep: which modules a folder may import, and that every module
/// says what it is.
@Suite struct LayoutTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func sources(in folder: String) throws -> [URL] {
    let start = root.appending(path: "Sources").appending(path: folder)
    let files = try #require(
      FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil))
    return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
  }

  private static func imports(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"), position <= 1,
        words.indices.contains(position + 1), !line.hasPrefix("//"), !line.hasPrefix(" ")
      else { return nil }
      return String(words[position + 1])
    }
  }

  private static let pureFolders: [(String, Set<String>)] = [
    ("Protocol/Model", []),
    ("Protocol/Wire", ["Model"]),
    ("Protocol/Conditions", ["Model"]),
    ("Protocol/Signing", ["Model", "Wire", "OpenSSL"]),
    ("Protocol/Checks", ["Model", "JSON", "Conditions", "DNS"]),
    ("Agent/Core", ["Model", "Wire", "Signing", "Conditions"]),
    ("Agent/DNS", ["Model"]),
    ("Agent/Dialogue", ["AgentCore", "Conditions", "Model"]),
    ("Collector/Quorum", ["Model"]),
    ("Collector/Rollup", ["Wire"]),
    ("Collector/Simulator", ["Model", "Quorum", "JSON", "Synchronization"]),
    ("Collector/Pages", ["JSON"]),
    ("Collector/Console", ["Pages", "JSON"]),
    ("Collector/Alerts", ["Model", "Quorum", "JSON", "OpenSSL"]),
  ]

  @Test(arguments: pureFolders)
  func `what decides imports nothing that acts`(folder: String, allowed: Set<String>) throws {
    let files = try Self.sources(in: folder)
    #expect(!files.isEmpty)
    for file in files {
      let others = Set(try Self.imports(of: file)).subtracting(allowed)
      #expect(others.isEmpty, "\(folder)/\(file.lastPathComponent) imports \(others)")
    }
  }

  @Test(arguments: ["Protocol", "System", "Agent", "Client", "Collector", "CLI"])
  func `no shipped source imports the whole of Foundation`(folder: String) throws {
    for file in try Self.sources(in: folder) {
      #expect(
        try !Self.imports(of: file).contains("Foundation"),
        "\(folder)/\(file.lastPathComponent) imports Foundation")
    }
  }

  @Test(arguments: ["Protocol", "System", "Agent", "Client"])
  func `nothing that the agent is made of imports Foundation or NIO at all`(folder: String) throws {
    for file in try Self.sources(in: folder) {
      let heavy = try Self.imports(of: file).filter {
        $0.hasPrefix("Foundation") || $0.hasPrefix("NIO")
      }
      #expect(heavy.isEmpty, "\(folder)/\(file.lastPathComponent) imports \(heavy)")
    }
  }

  @Test func `every suite is run by deploy test`() throws {
    let manifest = try String(
      contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    let script = try String(contentsOf: Self.root.appending(path: "deploy/test"), encoding: .utf8)
    let suites = manifest.matches(of: /\btests\(\s*"([A-Za-z]+)"/).map { String($0.output.1) }
    let lists = script.matches(of: /\b(?:WAITING_)?SUITES=\(([A-Za-z\s]+)\)/)
    #expect(suites.count >= 9 && lists.count == 2)
    let run = lists.flatMap { $0.output.1.split(whereSeparator: \.isWhitespace).map(String.init) }
    #expect(suites.sorted() == run.sorted())
  }

  @Test func `every module has a README`() throws {
    let manifest = try String(
      contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    let pattern = /(?:library|program)\(\s*"[^"]+",\s*"([^"]+)"/
    let folders = manifest.matches(of: pattern).map { String($0.output.1) }
    #expect(folders.count >= 15)
    for folder in folders {
      let readme = Self.root.appending(path: "Sources/\(folder)/README.md")
      let text = try String(contentsOf: readme, encoding: .utf8)
      #expect(text.utf8.count > 120, "Sources/\(folder)/README.md says too little")
    }
  }
}
