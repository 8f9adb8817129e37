import ArgumentParser
import UpblitClient

/// How many things a list holds at most.
struct LimitOption: ParsableArguments {
  static let most = 100_000

  @Option(help: "At most so many, newest first.")
  var limit: Int = 50

  func validate() throws {
    guard 1...Self.most ~= limit else {
      throw ValidationError("--limit must be from 1 to \(Self.most).")
    }
  }
}

extension GlobalOptions {
  /// Prints what `look` finds, once, or with `--watch` again and again.
  ///
  /// - Parameters:
  ///   - empty: what a person is told where there is nothing, with what to do next.
  ///   - key: what tells one thing from another between two looks.
  ///   - after: what is done once they are printed and nothing is watched.
  func list<Item>(
    as listing: Listing<Item>, empty: String, watching: WatchOptions? = nil,
    look: () async throws(CLIError) -> [Item], key: ((Item) -> String)? = nil,
    after: ([Item]) -> Void = { _ in }
  ) async throws(CLIError) {
    if let watching, watching.watch {
      return try await Watch(self, watching).run { () async throws(CLIError) in
        let items = try await look()
        return Watch.Look(
          text: items.isEmpty ? empty + "\n" : try listing.text(items, printing),
          items: items.map { ((key ?? listing.name)($0), $0.json) })
      }
    }
    let items = try await look()
    try Printer(self).list(items, as: listing, empty: empty)
    after(items)
  }
}
