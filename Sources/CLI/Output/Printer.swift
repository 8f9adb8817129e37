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
    case .json: Console.out(JSONValue.array(items.map(\.json)).indentedText + "\n")
    case .yaml: Console.out(YAMLText.text(.array(items.map(\.json))))
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
    case .json, .yaml: value(item.json, text: "")
    }
  }

  /// An answer that is no thing of a list: formats for lists are refused.
  func report(_ json: JSONValue, text: () -> String) throws(CLIError) {
    switch options.output {
    case .table, .wide: Console.out(text())
    case .json, .yaml: value(json, text: "")
    case .csv, .name:
      throw CLIError(
        .usage, "-o \(options.output.rawValue) is for lists: use table, json or yaml here")
    }
  }

  /// What was done to the thing `id`: `deleted`, with its id.
  func done(_ word: String, _ id: String) {
    let sentence = "\(word.prefix(1).uppercased())\(word.dropFirst()) \(id).\n"
    switch options.output {
    case .table, .wide: if !options.quiet { Console.out(sentence) }
    case .name, .csv: Console.out(id + "\n")
    case .json: Console.out("{\"\(word)\":\"\(id)\"}\n")
    case .yaml: Console.out("\(word): \"\(id)\"\n")
    }
  }

  private func value(_ json: JSONValue, text: String) {
    Console.out(options.output == .yaml ? YAMLText.text(json) : json.indentedText + "\n")
  }
}
