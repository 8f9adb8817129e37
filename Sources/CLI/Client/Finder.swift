import JSON
import UpblitClient

/// Finds the one thing that a person means by an id, the beginning of one, or a name.
///
/// The whole list is looked through, since a second thing of the same name may stand on its last page;
/// where there are too many for that, a whole id is asked for.
struct Finder<Item: Findable> {
  let client: Session

  /// The thing's whole id. Throws where nothing fits, or more than one thing.
  func id(_ text: String) async throws(CLIError) -> String {
    if Self.isUUID(text) { return text }
    var search = Search(text)
    let isWhole = try await client.look(through: Item.path) { (item: Item) in
      search.look(id: item.id, name: item.name)
    }
    let shown = DisplayText.escaped(text)
    switch search.found(isWhole: isWhole) {
    case .one(let id): return id
    case .many(let count):
      throw CLIError(
        .notFound,
        "\"\(shown)\" fits \(isWhole ? "" : "at least ")\(count) \(Item.word)s: use the id, which "
          + "`-o name` shows whole")
    case .unknown:
      throw CLIError(
        .notFound,
        "there are more than \(Search.most) \(Item.word)s, too many to look for \"\(shown)\" among "
          + "them: use the whole id")
    case .none(let guess):
      let words = guess.map { "did you mean \"\(DisplayText.escaped($0))\"? " } ?? ""
      throw CLIError(
        .notFound,
        "there is no \(Item.word) called \"\(shown)\": \(words)`upblit \(Item.commandWords) list` shows "
          + "what there is")
    }
  }

  private static func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 36
      && bytes.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index)
          ? byte == UInt8(ascii: "-") : Character(Unicode.Scalar(byte)).isHexDigit
      }
  }
}

/// What a text fits among things that are looked at one after another: a name wins over the beginning
/// of an id.
struct Search {
  enum Found: Hashable {
    case one(String)
    case many(Int)
    /// Nothing fits; a name that is near.
    case none(guess: String?)
    /// Not all were looked at, so that nothing can be said.
    case unknown
  }

  /// How many things are looked at.
  static let most = 50_000
  /// How many names are kept, to guess what was meant.
  private static let mostNames = 5_000

  private let text: String
  private var named: [String] = []
  private var begun: [String] = []
  private var names: [String] = []
  private var count = 0

  init(_ text: String) { self.text = text }

  /// Whether to go on.
  mutating func look(id: String, name: String) -> Bool {
    guard count < Self.most else { return false }
    count += 1
    if !name.isEmpty, name.utf8.elementsEqual(text.utf8) { named.append(id) }
    if text.utf8.count >= 4, id.hasPrefix(text) { begun.append(id) }
    if !name.isEmpty, names.count < Self.mostNames { names.append(name) }
    // A second thing of this name is enough to know.
    return named.count < 2
  }

  func found(isWhole: Bool) -> Found {
    if named.count > 1 { return .many(named.count) }
    guard isWhole else { return .unknown }
    let fitting = named.isEmpty ? begun : named
    guard let first = fitting.first else {
      return .none(guess: Suggestion.closest(to: text, among: names))
    }
    return fitting.count == 1 ? .one(first) : .many(fitting.count)
  }
}
