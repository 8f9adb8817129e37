import JSON
import UpblitClient

/// Prints answers in the form that the command line asks for.
struct Printer {
  let options: OutputOptions

  init(_ options: GlobalOptions) { self.options = options.printing }

  init(_ options: OutputOptions) { self.options = options }

  /// A list.
  ///
  /// - Parameter empty: what a person is told where there is nothing, with what to do next.
  func list<Item>(
    _ items: [Item], as listing: Listing<Item>, empty: String
  ) throws(CLIError) {
    switch options.output {
    case .table, .wide:
      if items.isEmpty { return Console.note(empty) }
      Console.out(try listing.text(items, options))
    case .csv: Console.out(try listing.csv(items, options))
    case .name: Console.out(items.map { DisplayText.escaped(listing.name($0)) + "\n" }.joined())
    case .json, .yaml: value(.array(items.map(\.json)))
    }
  }

  /// One thing; `details` tells a person of it.
  func item<Item>(
    _ item: Item, as listing: Listing<Item>, details: (Item) -> String
  ) throws(CLIError) {
    switch options.output {
    case .table, .wide:
      if options.columns != nil {
        return Console.out(try listing.text([item], options))
      }
      Console.out(details(item))
    case .csv: Console.out(try listing.csv([item], options))
    case .name: Console.out(DisplayText.escaped(listing.name(item)) + "\n")
    case .json, .yaml: value(item.json)
    }
  }

  /// An answer that is no thing of a list: formats for lists are refused.
  func report(_ json: JSONValue, text: () -> String) throws(CLIError) {
    switch options.output {
    case .table, .wide: Console.out(text())
    case .json, .yaml: value(json)
    case .csv, .name:
      throw CLIError(
        .usage, "-o \(options.output.rawValue) is for lists: use table, json or yaml here")
    }
  }

  /// An answer of which nothing is known: JSON for a person too.
  func data(_ json: JSONValue) throws(CLIError) {
    switch options.output {
    case .table, .wide, .json, .yaml: value(json)
    case .csv, .name: try report(json) { "" }
    }
  }

  /// Something that was made and whose secret is told this once: alone on standard output, with the
  /// words for a person on standard error.
  func secret(_ secret: String?, of json: JSONValue, _ words: String) throws(CLIError) {
    guard options.output.isForPeople else { return try report(json) { "" } }
    guard let secret else {
      throw CLIError(
        .failure, "the collector's answer has no secret: are both of one release?")
    }
    Console.note(words)
    Console.out(DisplayText.escaped(secret) + "\n")
  }

  /// What was done to the thing `id`: `deleted`, with its id.
  func done(_ word: String, _ id: String) {
    let shown = DisplayText.escaped(id)
    switch options.output {
    case .table, .wide:
      if options.quiet { return }
      Console.out("\(word.prefix(1).uppercased())\(word.dropFirst()) \(shown).\n")
    case .name, .csv: Console.out(shown + "\n")
    case .json: Console.out(data: ([word: .string(id)] as JSONValue).text + "\n")
    case .yaml: value([word: .string(id)])
    }
  }

  private func value(_ json: JSONValue) {
    if options.output == .yaml {
      Console.out(data: YAMLText.text(json), isYAML: true)
    } else {
      Console.out(data: json.indentedText + "\n")
    }
  }
}
